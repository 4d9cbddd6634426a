"""Exchanges refresh tokens, each once, and ends the session of a reused one."""

import secrets
from datetime import datetime, timedelta

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
from userctl.models import RefreshToken
from userctl.schemas.audit import AuditTag
from userctl.schemas.session import Grant
from userctl.security.opaque_token import REFRESH_TOKEN, refresh_digest
from userctl.services.authentication.bounded_events import flush_expired_counters, record_bounded
from userctl.services.sessions.issue import LoginFacts, TokenFamily, TokenIssuer
from userctl.services.shared.records import require_text
from userctl.services.shared.token_records import refresh_token_state

REPLAY_GRACE = timedelta(seconds=10)
"""How long after its exchange a reused token counts as a race, not as a theft."""


class TokenExchange:
    """The use cases that exchange refresh tokens.

    Args:
        database: where sessions are kept.
        token_issuer: issues the new tokens.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, *, token_issuer: TokenIssuer, clock: Clock) -> None:
        self._database = database
        self._issuer = token_issuer
        self._clock = clock

    def refresh(self, token: str, *, successor: str | None = None) -> Grant:
        """Exchange a refresh token, once, for new tokens of the same session.

        Args:
            token: the refresh token, issued by userctl or by an application with adopted tables.
            successor: the new refresh token, if the caller generated and stored it beforehand.

        Raises:
            TokenInvalid: if the refresh token is unknown.
            TokenExpired, TokenRevoked, AccountDisabled: if it is not active.
            RefreshConflict: if another process exchanged it a moment ago.
            TokenReused: if it was exchanged before; its whole session is then revoked.
        """
        digest = None
        try:
            digest = refresh_digest(token)
            return self._exchange(digest, successor)
        except TokenReused:
            # The reuse was recorded when the session was ended.
            raise
        except (AuthenticationFailed, RefreshConflict) as error:
            self._record_failure(digest, error)
            raise

    @retry_transactions
    def was_exchanged(self, token: str, successor: str) -> bool:
        """Tell whether an interrupted exchange was committed.

        Raises:
            TokenInvalid: if one of the two is not a refresh token.
        """
        digest, wanted = REFRESH_TOKEN.digest(token), REFRESH_TOKEN.digest(successor)
        with self._database.writing() as uow:
            found = uow.refresh_tokens.by_digest(digest)
            if found is not None:
                # The exchange itself may still be on its way through the server.
                uow.users.lock(found.user_id)
            return uow.refresh_tokens.by_digest(wanted) is not None

    @retry_transactions
    def _exchange(self, digest: str, successor: str | None) -> Grant:
        now = self._clock()
        with self._database.writing() as uow:
            locked = uow.token_exchange.lock_owner(digest)
            if locked is None:
                raise TokenInvalid("Unknown refresh token.")
            user, old = locked
            require_text("refresh_tokens", old.id, family_id=old.family_id, scope=old.scope)
            self._require_active(uow, old, now)
            if user.disabled_at is not None:
                raise AccountDisabled("The user is disabled.")
            family = _family_of(old, self._issuer.session_end(now))
            new, grant = self._issuer.issue(uow, user, family, now, text=successor)
            if not uow.token_exchange.mark_used(
                old.id, now, successor=new, family=family.id, family_end=family.ends_at
            ):
                raise TransactionConflict("Another process changed the token.")
            uow.record(AuditTag.TOKEN_REFRESH, now, user=user, session=family.id)
            uow.commit()
        return grant

    @retry_transactions
    def _record_failure(self, digest: str | None, error: UserctlError) -> None:
        now = self._clock()
        with self._database.writing() as uow:
            token = uow.refresh_tokens.by_digest(digest) if digest else None
            record_bounded(
                uow,
                AuditTag.TOKEN_REFRESH_FAILURE,
                now,
                _session_of(token) if token else "",
                kind=error.code,
                user_id=token.user_id if token else None,
                session=token.family_id if token else None,
                reason=error.code,
            )
            flush_expired_counters(uow, now)
            uow.commit()

    def _require_active(self, uow: UnitOfWork, token: RefreshToken, now: datetime) -> None:
        state = refresh_token_state(token, now)
        if state == "used":
            self._handle_reuse(uow, token, now)
        if state == "revoked":
            raise TokenRevoked("The session of this token has ended.")
        if state == "expired":
            raise TokenExpired("The refresh token has expired.", hint="Log in again.")

    def _handle_reuse(self, uow: UnitOfWork, token: RefreshToken, now: datetime) -> None:
        assert token.used_at is not None
        successor = uow.refresh_tokens.get(token.successor_id or 0)
        unused = successor is not None and refresh_token_state(successor, now) == "active"
        # After the clock was set back, an old theft must not look like a race.
        if unused and abs(now - token.used_at) <= REPLAY_GRACE:
            raise RefreshConflict("Another process exchanged this token a moment ago.")
        uow.refresh_tokens.record_replay(token, now)
        if uow.refresh_tokens.revoke_family(token, now):
            uow.record(AuditTag.TOKEN_REUSE, now, user_id=token.user_id, session=token.family_id)
        else:
            record_bounded(
                uow,
                AuditTag.TOKEN_REUSE,
                now,
                _session_of(token),
                kind=TokenReused.code,
                user_id=token.user_id,
                session=token.family_id,
            )
        # The revocation must be kept although the refresh fails.
        uow.commit()
        raise TokenReused(
            "This refresh token was used before, so its session was ended.",
            hint="Log in again, and find out who else has the token.",
        )


def _session_of(token: RefreshToken) -> str:
    """Return the session of a token, or a name for the token if it has none."""
    return token.family_id or f"token {token.id}"


def _family_of(token: RefreshToken, end: datetime) -> TokenFamily:
    """Return the family of a token; a token that another program wrote starts a new one."""
    return TokenFamily(
        token.family_id or secrets.token_hex(16),
        token.family_expires_at or end,
        token.origin,
        token.scope,
        token.family_started_at,
        LoginFacts(token.login_method, token.login_source, token.login_client),
    )
