"""Dependencies that authenticate a request by its token."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.openapi.models import OAuthFlowPassword, OAuthFlows
from fastapi.security import HTTPBearer
from fastapi.security.oauth2 import OAuth2
from starlette.requests import HTTPConnection

from userctl.core.errors import UserctlError
from userctl.fastapi.options import check_names
from userctl.fastapi.problems import ProblemError, problem_error, router_error
from userctl.fastapi.service import ServiceDep
from userctl.schemas.tokens import ApiTokenClaims
from userctl.schemas.users import UserRead
from userctl.schemas.verification import VerifiedToken

CHALLENGE = {"WWW-Authenticate": "Bearer"}


class PasswordScheme(OAuth2):
    """The scheme with which the documentation page logs in.

    Args:
        name: its name in the documentation.
    """

    def __init__(self, name: str) -> None:
        super().__init__(scheme_name=name, auto_error=False)
        self.prefix: str | None = None

    async def __call__(self) -> None:  # type: ignore[override]
        """Take nothing from a request: the token is read elsewhere."""

    def use_prefix(self, prefix: str) -> None:
        """Log in below a prefix, relative to the documentation page."""
        self.prefix = prefix
        url = f"{prefix}/auth/token".lstrip("/")
        self.model.flows = OAuthFlows(password=OAuthFlowPassword(tokenUrl=url))  # type: ignore[attr-defined]


class BearerScheme(HTTPBearer):
    """The scheme with which the documentation page accepts a token."""

    async def __call__(self) -> None:  # type: ignore[override]
        """Take nothing from a request: the token is read elsewhere."""


APPLICATION_SCHEME = "password"
"""The name, in the documentation, of the login for endpoints of the application."""

_PASSWORD_SCHEME = PasswordScheme(APPLICATION_SCHEME)
"""The scheme of the first router of a process, shared by endpoints of the application.

Their dependencies are declared before there is any router.
"""

_BEARER_SCHEME = BearerScheme(
    scheme_name="token", description="An access token or an API token.", auto_error=False
)


def password_scheme(prefix: str) -> PasswordScheme:
    """Return the scheme with which the documentation page logs in to a router.

    Args:
        prefix: the prefix of the router.
    """
    scheme = _PASSWORD_SCHEME
    if scheme.prefix not in {None, prefix}:
        name = f"{APPLICATION_SCHEME}{prefix}"
        scheme = PasswordScheme(re.sub(r"[^\w.-]", "_", name, flags=re.ASCII))
    scheme.use_prefix(prefix)
    return scheme


def token_schemes(scheme: PasswordScheme) -> Sequence[Any]:
    """Return dependencies that tell the documentation how to get a token for a router.

    Args:
        scheme: the scheme of its login.
    """
    return [Security(scheme), Security(_BEARER_SCHEME)]


async def bearer_token(request: HTTPConnection) -> str:
    """Return the token of a request or a WebSocket, from its header (RFC 6750, section 2.1).

    Raises:
        ProblemError: if there is none, or more than one.
    """
    values = request.headers.getlist("authorization")
    kind, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if kind.lower() != "bearer" or not token.strip():
        raise router_error(
            "token_required",
            "A token is required: 'Authorization: Bearer TOKEN'.",
            headers=CHALLENGE,
        )
    return token.strip()


async def verified_token(
    service: ServiceDep, token: Annotated[str, Depends(bearer_token)]
) -> VerifiedToken:
    """Return the access token or API token of a request, verified, with its user.

    Raises:
        ProblemError: if there is none, or it is not in force.
    """
    try:
        return await service.workers.query(service.accounts.tokens.verify, token)
    except UserctlError as error:
        raise problem_error(error) from error


TokenDep = Annotated[VerifiedToken, Depends(verified_token)]


async def _token_user(token: TokenDep) -> UserRead:
    return token.user


UserDep = Annotated[UserRead, Depends(_token_user)]


async def current_token(
    token: TokenDep,
    _password: Annotated[object, Security(_PASSWORD_SCHEME)] = None,
    _bearer: Annotated[object, Security(_BEARER_SCHEME)] = None,
) -> VerifiedToken:
    """Return the access token or API token of a request, verified, with its user.

    Raises:
        ProblemError: if there is none, or it is not in force.
    """
    return token


CurrentToken = Annotated[VerifiedToken, Depends(current_token)]


async def current_user(token: CurrentToken) -> UserRead:
    """Return the user of the token of a request."""
    return token.user


def require_role(*roles: str) -> Callable[..., Awaitable[UserRead]]:
    """Return a dependency that admits users with one of these roles, and returns the user.

    It ignores scopes: add ``require_scope`` to keep out API tokens that lack a scope.

    Args:
        roles: the roles.

    Raises:
        ValueError: if there is none.
    """
    check_names("require_role", roles)

    async def user_in_role(token: CurrentToken) -> UserRead:
        check_role(token, roles)
        return token.user

    return user_in_role


def require_scope(*scopes: str) -> Callable[..., Awaitable[UserRead]]:
    """Return a dependency that admits tokens with all of these scopes, and returns the user.

    A token that was issued without scopes may do everything that its user may.

    Args:
        scopes: the scopes.

    Raises:
        ValueError: if there is none.
    """
    check_names("require_scope", scopes)

    async def user_in_scope(token: CurrentToken) -> UserRead:
        check_scope(token, scopes)
        return token.user

    return user_in_scope


def check_role(token: VerifiedToken, roles: Collection[str]) -> None:
    """Make sure that the user of a token has one of these roles.

    Raises:
        ProblemError: if they have another role.
    """
    if token.user.role not in roles:
        raise _forbidden_error(
            "role_required", f"This requires the role {_join_names(roles, 'or')}."
        )


def check_scope(token: VerifiedToken, scopes: Collection[str]) -> None:
    """Make sure that a token has all of these scopes, if it has any.

    Raises:
        ProblemError: if one is missing.
    """
    if token.scope is not None and not token.scope.issuperset(scopes):
        raise _forbidden_error(
            "insufficient_scope", f"This requires the scope {_join_names(scopes, 'and')}.", scopes
        )


async def api_token(token: TokenDep) -> VerifiedToken:
    """Return the API token of a request.

    Raises:
        ProblemError: if it is an access token, which belongs to a session.
    """
    if not isinstance(token.claims, ApiTokenClaims):
        raise _forbidden_error("api_token_required", "This requires an API token.")
    return token


def _forbidden_error(code: str, detail: str, scopes: Iterable[str] = ()) -> ProblemError:
    """Return the error of a valid token that may not do this (RFC 6750, section 3.1)."""
    required = " ".join(scopes)
    scope = f', scope="{required}"' if required else ""
    challenge = f'Bearer error="insufficient_scope"{scope}'
    return router_error(code, detail, headers={"WWW-Authenticate": challenge})


def _join_names(names: Iterable[str], conjunction: str) -> str:
    return f" {conjunction} ".join(f"'{name}'" for name in names)
