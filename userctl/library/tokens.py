"""Tokens, for the library."""

from collections.abc import Sequence
from datetime import timedelta

from userctl.container import Services
from userctl.core.token_prefixes import API_PREFIX
from userctl.library.inputs import UserReference, require_type, user_reference, validate_arguments
from userctl.library.tracing import trace_methods
from userctl.schemas.database import RevokeResult
from userctl.schemas.tokens import (
    AccessClaims,
    ApiTokenCreate,
    ApiTokenIssued,
)
from userctl.schemas.verification import Introspection, VerifiedToken


@trace_methods
class Tokens:
    """The use cases for access tokens and API tokens."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def verify(self, token: str) -> VerifiedToken:
        """Verify an access token or an API token, and return its claims and its user.

        Raises:
            TokenInvalid, TokenExpired: if the token is not valid.
            TokenRevoked, AccountDisabled: if it is no longer in force.
        """
        if require_type(token, str, "token").startswith(API_PREFIX):
            return self._services.api_tokens.verify(token)
        return self._services.token_verifier.verify(token)

    def verify_offline(self, access_token: str) -> AccessClaims:
        """Return the claims of an access token from its signature and its times, in microseconds.

        Without the database, the end of its session or a disabled user goes unnoticed until it
        expires.

        Raises:
            TokenInvalid, TokenExpired: if the token is not valid.
        """
        return self._services.token_verifier.verify_offline(
            require_type(access_token, str, "access_token")
        )

    def introspect(self, token: str) -> Introspection:
        """Describe a token of any kind (RFC 7662, section 2.2).

        A token that is unknown, expired or revoked is not an error: it is not active.
        """
        return self._services.introspection.introspect(require_type(token, str, "token"))

    def issue(
        self,
        user: UserReference,
        label: str,
        *,
        scope: Sequence[str] = (),
        expires_in: timedelta | None = None,
    ) -> ApiTokenIssued:
        """Issue an API token, whose text is returned this once.

        Args:
            user: the user of the token.
            label: what it is for.
            scope: what it may do; empty for everything that its user may do.
            expires_in: how long it is valid; None if it never expires.

        Raises:
            InvalidInput: if the label, the scope or the lifetime is not accepted.
            UserNotFound: if there is no such user.
        """
        new = validate_arguments(
            ApiTokenCreate,
            user=user_reference(user),
            label=label,
            scope=scope,
            expires_in=expires_in,
        )
        return self._services.api_tokens.issue(new)

    def revoke(self, token: str) -> RevokeResult:
        """Revoke a refresh token, with its session, or an API token (RFC 7009).

        A token that is unknown or was revoked before is not an error.

        Raises:
            TokenInvalid: if it is neither, such as an access token, which only expires.
        """
        return self._services.revocation.revoke_text(require_type(token, str, "token"))

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK Set (RFC 7517, section 5); none for a shared secret."""
        return self._services.keys.jwks()
