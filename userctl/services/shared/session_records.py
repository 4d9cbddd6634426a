"""Sessions as they are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from userctl.core.errors import RowUnreadable
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import RefreshToken
from userctl.models.unreadable_values import display_text, unreadable_reason
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas.session import UserSessionRead
from userctl.services.shared.records import require_text, validate_record
from userctl.services.shared.token_records import refresh_token_state

TOKEN_PREFIX = "token-"  # noqa: S105
"""The beginning of the id of a session that consists of one token from another program."""

SHORT_ID_LENGTH = 12
"""How many digits of an id a table shows."""


@dataclass(frozen=True)
class FoundSession:
    """A session that was found: the id of its current token, and a function to read its record."""

    token: int
    read: Callable[[], UserSessionRead]


def find_sessions(
    uow: UnitOfWork,
    wanted: TokenFilter,
    now: datetime,
    lifetime: timedelta,
    *,
    after: int,
    limit: int,
) -> list[FoundSession]:
    """Return sessions in the order of their last refresh.

    Args:
        uow: the unit of work.
        wanted: which sessions; ``current`` must be set.
        now: the time.
        lifetime: how long an access token lasts.
        after: the id of the current token after which the list starts.
        limit: the largest number of sessions.
    """
    rows = uow.refresh_tokens.page(wanted, now, after=after, limit=limit)
    return sessions_of_tokens(uow, rows, now, lifetime)


def sessions_of_tokens(
    uow: UnitOfWork,
    rows: Sequence[tuple[RefreshToken, str]],
    now: datetime,
    lifetime: timedelta,
) -> list[FoundSession]:
    """Return the sessions of some current tokens, each with the address of its user."""
    # Sessions from before revision 0008 do not say when they were started.
    unknown = {t.family_id for t, _ in rows if t.family_id and t.family_started_at is None}
    starts = uow.sessions.start_times(unknown) if unknown else {}

    def found_session(token: RefreshToken, email: str) -> FoundSession:
        assert token.id is not None
        started_at = token.family_started_at or starts.get(token.family_id or "")
        started_at = started_at or token.created_at
        return FoundSession(
            token.id, lambda: _session_read(token, email, started_at, now, lifetime)
        )

    return [found_session(token, email) for token, email in rows]


def session_id(token: RefreshToken) -> str:
    """Return the public id of the session of a token."""
    return token.family_id or f"{TOKEN_PREFIX}{token.id}"


def _session_read(
    token: RefreshToken, email: str, started_at: datetime, now: datetime, lifetime: timedelta
) -> UserSessionRead:
    name = session_id(token)
    # The record has these columns under other names.
    require_text(
        "refresh_tokens",
        token.id,
        family_id=token.family_id,
        scope=token.scope,
        login_method=token.login_method,
        login_source=token.login_source,
        login_client=token.login_client,
    )
    state = refresh_token_state(token, now)
    for column in ("expires_at", "created_at", "family_expires_at", "family_started_at"):
        value = getattr(token, column)
        is_optional = column.startswith("family_") and value is None
        if not is_optional and (reason := unreadable_reason(value, datetime)):
            raise RowUnreadable("refresh_tokens", token.id, column, reason)
    ends_at = token.family_expires_at or token.expires_at
    valid_until = min(token.created_at + lifetime, ends_at)
    return validate_record(
        UserSessionRead,
        "refresh_tokens",
        token.id,
        id=name,
        short_id=name[:SHORT_ID_LENGTH] if token.family_id else name,
        user_id=token.user_id,
        # The row of the user may be damaged, which must not hide the session.
        email=display_text(email),
        state=state,
        started_at=started_at,
        last_refresh_at=None if started_at == token.created_at else token.created_at,
        expires_at=min(token.expires_at, ends_at),
        ends_at=ends_at,
        method=token.login_method,
        source=token.login_source,
        client=token.login_client,
        origin=token.origin,
        scope=(token.scope or "").split(),
        token=str(token.id),
        access_tokens_valid_until=valid_until if valid_until > now else None,
    )
