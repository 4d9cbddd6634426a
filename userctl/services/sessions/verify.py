"""Verifies access tokens."""

from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import AccountDisabled, TokenExpired, TokenRevoked
from userctl.db.driver_query import DriverQuery
from userctl.db.transaction.unit_of_work import Database
from userctl.repositories.live_sessions import USER_AND_TOKENS, split_row
from userctl.schemas.tokens import AccessClaims
from userctl.schemas.verification import VerifiedToken
from userctl.security.access_token import AccessTokenCodec
from userctl.services.shared.token_records import refresh_token_state, subject_of
from userctl.services.users.records import lenient_user_read

_QUERY = DriverQuery(USER_AND_TOKENS)

FRESH_SECONDS = 20
"""The shortest remaining lifetime of a token that is handed to another program."""


class TokenVerifier:
    """The use cases that verify access tokens.

    Args:
        database: where sessions are kept.
        codec: decodes access tokens.
        subject: the subject of access tokens, ``email`` or ``id``.
        clock: where the time comes from.
    """

    def __init__(
        self, database: Database, *, codec: AccessTokenCodec, subject: str, clock: Clock
    ) -> None:
        self._database = database
        self._codec = codec
        self._subject = subject
        self._clock = clock

    def verify(self, access_token: str) -> VerifiedToken:
        """Return the claims and the user of an access token whose session is active.

        Raises:
            TokenInvalid, TokenExpired: if the token is not valid.
            AccountDisabled, TokenRevoked: if the database says that it is no longer valid.
        """
        claims = self.verify_offline(access_token)
        user = self._find_user(claims)
        if user is None or user.disabled_at is not None:
            raise AccountDisabled("The user of this token is disabled or deleted.")
        if (claims.sub, claims.role) != (subject_of(user, self._subject), user.role):
            raise TokenRevoked("The user was changed after this token was issued.")
        return VerifiedToken(lenient_user_read(user), claims)

    def _find_user(self, claims: AccessClaims) -> Any:
        """Return the stored user of a session; None if the user no longer exists.

        Raises:
            TokenRevoked: if the session has ended.
        """
        now = self._clock()
        values: dict[str, int | str] = {"user": claims.uid, "family": claims.sid}
        for user, token in map(split_row, _QUERY.rows(self._database.engine, values)):
            if token.user_id == user.id and refresh_token_state(token, now) == "active":
                return user
        with self._database.reading() as uow:
            user = uow.users.get(claims.uid)
        if user is not None and user.disabled_at is None:
            raise TokenRevoked("The session of this token has ended.")
        return user

    def verify_offline(self, access_token: str) -> AccessClaims:
        """Verify an access token by its signature and times alone, and return its claims.

        Raises:
            TokenInvalid, TokenExpired: if the token is not valid.
        """
        return self._codec.decode(access_token, self._clock())

    def is_fresh(self, access_token: str) -> bool:
        """Tell whether an access token of ours stays valid for a while, without leeway."""
        try:
            claims = self.verify_offline(access_token)
        except TokenExpired:
            return False
        return claims.exp > self._clock().timestamp() + FRESH_SECONDS
