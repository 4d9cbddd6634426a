"""Introspection and revocation of tokens, for services that have an API token."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form

from userctl.core.errors import TokenInvalid
from userctl.fastapi.duplicates import refuse_repeated_parameters
from userctl.fastapi.endpoints.bodies import Secret
from userctl.fastapi.endpoints.responses import BODY, CHANGE, SERVICE, guard, problems, success
from userctl.fastapi.oauth import SERVICE_ERRORS, with_oauth_errors
from userctl.fastapi.problems import router_error
from userctl.fastapi.security import UserDep, api_token
from userctl.fastapi.service import ServiceDep
from userctl.schemas.verification import Introspection

FormToken = Annotated[Secret, Form(description="The token, of any kind.")]
FormHint = Annotated[str | None, Form(description="Ignored: the kind is detected.")]


def add_tokens(api: APIRouter, security: Sequence[Any]) -> None:
    """Add the endpoints.

    Args:
        api: the router.
        security: tells the documentation how to get a token.
    """
    others = (*security, Depends(api_token), Depends(refuse_repeated_parameters))
    api.post(
        "/auth/introspect",
        response_model_exclude_none=True,
        responses=success(200, "Whether the token is active, and its claims.")
        | problems(*SERVICE, *BODY, oauth=SERVICE_ERRORS),
        summary="Introspect a token",
        **guard("tokens:introspect", *others),
    )(introspect)
    api.post(
        "/auth/revoke",
        responses=success(200, "The token is no longer in force.")
        | problems(*SERVICE, *BODY, *CHANGE, "unsupported_token_type", oauth=SERVICE_ERRORS),
        summary="Revoke a token",
        **guard("tokens:revoke", *others),
    )(revoke)


@with_oauth_errors(SERVICE_ERRORS)
async def introspect(
    service: ServiceDep,
    token: FormToken,
    token_type_hint: FormHint = None,  # noqa: ARG001
) -> Introspection:
    """Return whether a token is active, and its claims (RFC 7662)."""
    return await service.workers.query(service.accounts.tokens.introspect, token)


@with_oauth_errors(SERVICE_ERRORS)
async def revoke(
    service: ServiceDep,
    user: UserDep,
    token: FormToken,
    token_type_hint: FormHint = None,  # noqa: ARG001
) -> dict[str, object]:
    """Revoke a refresh token with its session, or an API token (RFC 7009).

    An unknown token is not an error. An access token cannot be revoked by itself.
    """
    try:
        with service.accounts.acting_as(user.email):
            await service.workers.query(service.accounts.tokens.revoke, token)
    except TokenInvalid:
        # RFC 7009, section 2.2.1.
        if token.count(".") == 2:
            raise router_error(
                "unsupported_token_type",
                "An access token only expires. Revoke the refresh token of its session.",
            ) from None
    return {}
