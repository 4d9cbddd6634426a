"""Sessions and their tokens: issue, refresh, verify."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from userctl.core.clock import Clock
from userctl.core.errors import (
    AccountDisabled,
    AuthenticationFailed,
    RefreshConflict,
    TokenExpired,
    TokenInvalid,
    TokenReused,
    TokenRevoked,
    TransactionConflict,
    UserctlError,
)
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import RefreshToken, User
from userctl.schemas.audit import AuditTag
from userctl.schemas.tokens import AccessClaims, TokenPair
from userctl.schemas.users import UserRead
from userctl.security.access_token import AccessTokenCodec
from userctl.security.opaque_token import REFRESH_TOKEN, refresh_digest
from userctl.services.authentication.methods import Proof
from userctl.services.users.lookup import subject_of, token_state, user_read, validated

REPLAY_GRACE = timedelta(seconds=10)
"""How long after its exchange a token that comes back is taken for a race, not for a theft."""

FRESH_SECONDS = 20
"""How long a token that is handed to another program has to last at least."""


@dataclass(frozen=True)
class TokenLifetimes:
    """How long tokens live, and what they call their owner."""

    access: timedelta
    refresh: timedelta
    session: timedelta
    subject: str = "email"


@dataclass(frozen=True)
class Grant:
    """New tokens, whose they are and when their session ends."""

    tokens: TokenPair
    user: UserRead
    session_expires_at: datetime


@dataclass(frozen=True)
class Family:
    """The tokens of one session: until when, started with which credential, for which scope."""

    id: str
    ends_at: datetime
    origin: str | None = None
    scope: str | None = None


class TokenService:
    """The use cases that hand out tokens and check them."""

    def __init__(
        self,
        database: Database,
        *,
        codec: AccessTokenCodec,
        lifetimes: TokenLifetimes,
        clock: Clock,
    ) -> None:
        self._database = database
        self._codec = codec
        self._lifetimes = lifetimes
        self._clock = clock

    @retry_transactions
    def login(self, proof: Proof, *, source: str | None = None) -> Grant:
        """Start a session: a family with its first tokens.

        Args:
            proof: what an authentication left behind.
            source: where the login comes from, for the audit trail.

        Raises:
            AuthenticationFailed: if the proof no longer holds.
        """
        now = self._clock()
        with self._database.writing() as uow:
            who = proof.redeem(uow)
            end = now + self._lifetimes.session
            family = Family(
                secrets.token_hex(16), min(end, who.ends_at or end), who.origin, who.scope
            )
            _, grant = self._issue(uow, who.user, family, now)
            uow.record(
                AuditTag.LOGIN_SUCCESS,
                now,
                user=who.user,
                session=family.id,
                origin=who.origin,
                source=source,
            )
            uow.commit()
        return grant

    def refresh(self, token: str, *, successor: str | None = None) -> Grant:
        """Exchange a refresh token, once, for new tokens of the same family.

        Args:
            token: the refresh token, ours or one of an application whose tables were adopted.
            successor: the new refresh token, if the caller drew it to write it down beforehand.

        Raises:
            TokenInvalid: if it is no refresh token known here.
            TokenExpired, TokenRevoked, AccountDisabled: if it is not live.
            RefreshConflict: if another process exchanged it a moment ago.
            TokenReused: if it was exchanged before; its whole family is then revoked.
        """
        digest = None
        try:
            digest = refresh_digest(token)
            return self._exchange(digest, successor)
        except TokenReused:
            # That is recorded with the end of the session.
            raise
        except (AuthenticationFailed, RefreshConflict) as error:
            self._record_refusal(digest, error)
            raise

    @retry_transactions
    def _exchange(self, digest: str, successor: str | None) -> Grant:
        now = self._clock()
        with self._database.writing() as uow:
            user, old = _locked(uow, digest)
            self._require_live(uow, old, now)
            if user.disabled_at is not None:
                raise AccountDisabled("The account is disabled.")
            family = _family(old, now + self._lifetimes.session)
            new, grant = self._issue(uow, user, family, now, text=successor)
            if not uow.refresh_tokens.mark_used(old, new, now):
                raise TransactionConflict("The token was changed by somebody else.")
            uow.record(AuditTag.TOKEN_REFRESH, now, user=user, session=family.id)
            uow.commit()
        return grant

    @retry_transactions
    def _record_refusal(self, digest: str | None, error: UserctlError) -> None:
        with self._database.writing() as uow:
            token = uow.refresh_tokens.by_digest(digest) if digest else None
            uow.record(
                AuditTag.TOKEN_REFRESH_FAILURE,
                self._clock(),
                user_id=token.user_id if token else None,
                session=token.family_id if token else None,
                reason=error.code,
            )
            uow.commit()

    @retry_transactions
    def was_exchanged(self, token: str, successor: str) -> bool:
        """Tell whether an exchange of which nobody saw the end was made.

        Raises:
            TokenInvalid: if one of the two is no refresh token.
        """
        digest, wanted = REFRESH_TOKEN.digest(token), REFRESH_TOKEN.digest(successor)
        with self._database.writing() as uow:
            found = uow.refresh_tokens.by_digest(digest)
            if found is not None:
                # The exchange itself may still be on its way through the server.
                uow.users.lock(found.user_id)
            return uow.refresh_tokens.by_digest(wanted) is not None

    def verify_offline(self, access_token: str) -> AccessClaims:
        """Return the claims of an access token, trusting its signature and times alone.

        Raises:
            TokenInvalid, TokenExpired: if it is not valid.
        """
        return self._codec.decode(access_token, self._clock())

    def is_fresh(self, access_token: str) -> bool:
        """Tell whether an access token of ours will be valid for a while, without any leeway."""
        try:
            claims = self.verify_offline(access_token)
        except TokenExpired:
            return False
        return claims.exp > self._clock().timestamp() + FRESH_SECONDS

    def verify(self, access_token: str) -> tuple[AccessClaims, UserRead]:
        """Return the claims and the account of an access token whose session is alive.

        Raises:
            TokenInvalid, TokenExpired: if it is not valid.
            AccountDisabled, TokenRevoked: if the database says that it no longer counts.
        """
        claims = self.verify_offline(access_token)
        with self._database.reading() as uow:
            user = uow.users.get(claims.uid)
            if user is None or user.disabled_at is not None:
                raise AccountDisabled("The account of this token is disabled or gone.")
            live = uow.refresh_tokens.live_in_family(claims.sid, self._clock())
            if live is None or live.user_id != user.id:
                raise TokenRevoked("The session of this token has ended.")
            subject = subject_of(user, self._lifetimes.subject)
            if (claims.sub, claims.role) != (subject, user.role):
                raise TokenRevoked("The account was changed after this token was issued.")
            return claims, user_read(user)

    def _require_live(self, uow: UnitOfWork, token: RefreshToken, now: datetime) -> None:
        state = token_state(token, now)
        if state == "used":
            self._handle_reuse(uow, token, now)
        if state == "revoked":
            raise TokenRevoked("The session of this token has ended.")
        if state == "expired":
            raise TokenExpired("The refresh token has expired.", hint="Log in again.")

    def _handle_reuse(self, uow: UnitOfWork, token: RefreshToken, now: datetime) -> None:
        assert token.used_at is not None
        successor = uow.refresh_tokens.get(token.successor_id or 0)
        unused = successor is not None and token_state(successor, now) == "active"
        # A clock that was set back must not make a theft of long ago look like a race.
        if unused and abs(now - token.used_at) <= REPLAY_GRACE:
            raise RefreshConflict("Another process exchanged this token a moment ago.")
        uow.refresh_tokens.record_replay(token, now)
        uow.refresh_tokens.revoke_family(token, now)
        uow.record(AuditTag.TOKEN_REUSE, now, user_id=token.user_id, session=token.family_id)
        # The revocation has to last although the refresh fails.
        uow.commit()
        raise TokenReused(
            "This refresh token was used before, so its session was ended.",
            hint="Log in again, and find out who else holds the token.",
        )

    def _issue(
        self,
        uow: UnitOfWork,
        user: User,
        family: Family,
        now: datetime,
        *,
        text: str | None = None,
    ) -> tuple[RefreshToken, Grant]:
        assert user.id is not None
        text = text or REFRESH_TOKEN.generate()
        token = RefreshToken(
            token=REFRESH_TOKEN.digest(text),
            user_id=user.id,
            expires_at=min(now + self._lifetimes.refresh, family.ends_at),
            created_at=now,
            updated_at=now,
            family_id=family.id,
            family_expires_at=family.ends_at,
            origin=family.origin,
            scope=family.scope,
        )
        uow.refresh_tokens.add(token)
        issued = int(now.timestamp())
        lifetime = int(min(self._lifetimes.access, family.ends_at - now).total_seconds())
        claims = validated(
            AccessClaims,
            f"account {user.id} or its session",
            sub=subject_of(user, self._lifetimes.subject),
            uid=user.id,
            role=user.role,
            iss=self._codec.issuer,
            aud=self._codec.audience,
            iat=issued,
            exp=issued + lifetime,
            jti=uuid4().hex,
            sid=family.id,
            scope=family.scope,
        )
        pair = TokenPair(
            access_token=self._codec.encode(claims), refresh_token=text, expires_in=lifetime
        )
        return token, Grant(pair, user_read(user), family.ends_at)


def _locked(uow: UnitOfWork, digest: str) -> tuple[User, RefreshToken]:
    """Lock the account before the token is looked at, as everything that ends sessions does."""
    found = uow.refresh_tokens.by_digest(digest)
    user = uow.users.lock(found.user_id) if found else None
    token = uow.refresh_tokens.get(found.id) if found and found.id else None
    if user is None or token is None:
        raise TokenInvalid("This refresh token is not known here.")
    return user, token


def _family(token: RefreshToken, end: datetime) -> Family:
    """Return the family of a token; one that another program wrote begins a family now."""
    return Family(
        token.family_id or secrets.token_hex(16),
        token.family_expires_at or end,
        token.origin,
        token.scope,
    )
