"""What there is to know about a token of any kind (RFC 7662)."""

from collections.abc import Callable
from typing import Literal

from userctl.core.clock import Clock
from userctl.core.errors import AccountDisabled, AuthenticationFailed, TokenInvalid, TokenRevoked
from userctl.core.token_prefixes import API_PREFIX, REFRESH_PREFIX
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.verification import Introspection, VerifiedToken
from userctl.security.opaque_token import refresh_digest
from userctl.services.sessions.verify import TokenVerifier
from userctl.services.shared.token_records import refresh_token_state, subject_of
from userctl.services.tokens.api import ApiTokenService
from userctl.services.users.records import lenient_user_read

INACTIVE = Introspection(active=False)


class IntrospectionService:
    """The use case that tells another service whether a token is in force.

    Args:
        database: where tokens are kept.
        open_token_verifier: returns the verifier of access tokens, which needs the signing key.
        api_tokens: verifies API tokens.
        subject: the subject of tokens, ``email`` or ``id``.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        open_token_verifier: Callable[[], TokenVerifier],
        api_tokens: ApiTokenService,
        subject: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._open_token_verifier = open_token_verifier
        self._api_tokens = api_tokens
        self._subject = subject
        self._clock = clock

    def introspect(self, token: str) -> Introspection:
        """Return what is known of a token; one that is not in force is not active."""
        try:
            if token.startswith(API_PREFIX):
                return _describe("api", self._api_tokens.verify(token))
            if token.startswith(REFRESH_PREFIX) or token.count(".") != 2:
                return self._introspect_refresh_token(token)
            return _describe("access", self._open_token_verifier().verify(token))
        except AuthenticationFailed:
            return INACTIVE

    def _introspect_refresh_token(self, text: str) -> Introspection:
        digest = refresh_digest(text)
        with self._database.reading() as uow:
            token = uow.refresh_tokens.by_digest(digest)
            user = uow.users.get(token.user_id) if token else None
            if token is None or user is None:
                raise TokenInvalid("Unknown refresh token.")
            if refresh_token_state(token, self._clock()) != "active":
                raise TokenRevoked("The refresh token is not active.")
            if user.disabled_at is not None:
                raise AccountDisabled("The user is disabled.")
            return Introspection(
                active=True,
                kind="refresh",
                username=lenient_user_read(user).email,
                sub=subject_of(user, self._subject),
                uid=user.id,
                role=user.role,
                scope=token.scope,
                iat=int(token.created_at.timestamp()),
                exp=int(token.expires_at.timestamp()),
                jti=str(token.id),
                sid=token.family_id,
            )


def _describe(kind: Literal["access", "api"], verified: VerifiedToken) -> Introspection:
    return Introspection(
        active=True,
        kind=kind,
        token_type="bearer",  # noqa: S106
        username=verified.user.email,
        **verified.claims.model_dump(),
    )
