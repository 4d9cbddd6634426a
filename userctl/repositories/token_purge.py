"""Queries that count and delete the tokens of both kinds that have ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, any_, literal_column, text, true
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, and_, col, delete, func, or_, select

from userctl.core.errors import ChangeIgnored
from userctl.models import ApiToken, RefreshToken
from userctl.repositories.changes import change

_ENDS: dict[str, tuple[Any, Any]] = {
    "refresh": (RefreshToken, col(RefreshToken.expires_at)),
    "expired_api": (ApiToken, col(ApiToken.expires_at)),
    "revoked_api": (ApiToken, col(ApiToken.revoked_at)),
}
ENDS = tuple(_ENDS)
"""The ways in which a token ends; each has an index on the time of the end."""

RANGE_LOCK_TIMEOUT = "50ms"
"""How long a batch waits for locks of others before it skips the rows that they lock."""

_LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL manual, appendix A."""


class PurgedBatch(NamedTuple):
    """The result of deleting a batch.

    Attributes:
        rows: how many tokens were deleted.
        more: whether there may be more of them.
        since: where the next batch begins if ``more`` is true.
        skipped: whether tokens that others lock may have been skipped.
    """

    rows: int
    more: bool
    since: datetime | None = None
    skipped: bool = False


class TokenPurgeRepository:
    """The tokens that ended before a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, before: datetime) -> tuple[int, int]:
        """Return how many refresh tokens and how many API tokens ended before a time."""
        expires, revoked = col(ApiToken.expires_at), col(ApiToken.revoked_at)
        # A token that was revoked and has expired too is counted once.
        only_revoked = and_(revoked < before, or_(expires.is_(None), expires >= before))
        refresh, expired_api, only_revoked_api = (
            self._scalar(select(func.count()).where(condition))
            for condition in (col(RefreshToken.expires_at) < before, expires < before, only_revoked)
        )
        return refresh, expired_api + only_revoked_api

    def earliest_expiry(self, before: datetime) -> datetime | None:
        """Return the earliest expiry of a refresh token before a time; None if there is none."""
        expires = col(RefreshToken.expires_at)
        time = self._session.execute(select(func.min(expires)).where(expires < before)).scalar()
        return time if isinstance(time, datetime) else None

    def has_ended(self, before: datetime) -> bool:
        """Tell whether a token ended before a time."""
        queries = (
            select(end_time).where(end_time < before).limit(1) for _, end_time in _ENDS.values()
        )
        return any(self._session.execute(query).first() for query in queries)

    def has_expiring(self, since: datetime, before: datetime, *, created_before: datetime) -> bool:
        """Tell whether a token that was created before a time expires in a span of time."""
        queries = (
            select(model.id)
            .where(expires >= since, expires < before, model.created_at < created_before)
            .limit(1)
            for model, expires in (_ENDS["refresh"], _ENDS["expired_api"])
        )
        return any(self._session.execute(query).first() for query in queries)

    def delete(self, end: str, before: datetime, limit: int, since: datetime | None) -> PurgedBatch:
        """Delete tokens that ended before a time, the earliest first.

        On PostgreSQL the index keeps deleted entries until a vacuum, and skipping them takes long.
        So each batch begins where the previous one ended. Rows that others lock are skipped.

        Args:
            end: the way in which they ended, one of ``ENDS``.
            before: the time.
            limit: the most tokens to delete.
            since: ``since`` of the previous batch; None begins with the first token.
        """
        model, end_time = _ENDS[end]
        if self._session.connection().dialect.name == "sqlite":
            batch = select(model.id).where(end_time < before).order_by(end_time).limit(limit)
            deletion = delete(model).where(col(model.id).in_(batch), end_time < before)
            count = self._session.connection().execute(deletion).rowcount
            if count < limit and self._session.execute(batch.limit(1)).first():
                raise ChangeIgnored("DELETE", model.__tablename__)
            return PurgedBatch(count, more=count == limit)
        # Not waiting for the disk is safe: what a crash brings back can be deleted again.
        self._session.execute(text("SET LOCAL synchronous_commit = off"))
        remaining = and_(end_time < before, true() if since is None else end_time >= since)
        deleted = self._delete_unlocked(model, end_time, limit, remaining)
        return deleted or self._delete_skipping_locked(model, end_time, before, limit, remaining)

    def _delete_unlocked(
        self, model: Any, end_time: Any, limit: int, remaining: ColumnElement[bool]
    ) -> PurgedBatch | None:
        """Delete a range of the index at once; None if others lock a part of it.

        Locking the rows first, which skipping some requires, would write each of them twice.
        """
        bound = select(end_time).where(remaining).order_by(end_time).offset(limit).limit(1)
        upper = self._session.execute(bound).scalar()
        in_range = remaining if upper is None else and_(remaining, end_time < upper)
        # Looking for remaining rows takes nearly as long as the deletion.
        expected = None if upper is None else limit
        try:
            with self._session.begin_nested(), self._lock_timeout(RANGE_LOCK_TIMEOUT):
                count = change(self._session, delete(model), in_range, expected=expected)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            return None
        # More tokens ended at the very same time than a batch may delete.
        if not count and upper is not None:
            return None
        return PurgedBatch(count, more=upper is not None, since=upper)

    @contextmanager
    def _lock_timeout(self, timeout: str) -> Iterator[None]:
        """Limit how long the block waits for locks; a savepoint surrounds it.

        A rollback to the savepoint undoes the setting, but its release does not. For its other
        locks, such as that of the audit trail, the transaction waits as long as usual.
        """
        usual = self._scalar(text("SELECT current_setting('lock_timeout')"))
        setting = text("SELECT set_config('lock_timeout', :timeout, true)")
        self._session.execute(setting, {"timeout": timeout})
        yield
        self._session.execute(setting, {"timeout": usual})

    def _delete_skipping_locked(
        self,
        model: Any,
        end_time: Any,
        before: datetime,
        limit: int,
        remaining: ColumnElement[bool],
    ) -> PurgedBatch:
        place: ColumnElement[Any] = literal_column(f"{model.__tablename__}.ctid")
        query: Select[Any] = select(place.label("place"), end_time.label("ended")).where(remaining)
        query = query.order_by(end_time).limit(limit).with_for_update(skip_locked=True)
        batch = query.cte("found").prefix_with("MATERIALIZED")
        places = func.array(select(batch.c.place).scalar_subquery())
        deletion = delete(model).where(place == any_(places), end_time < before)
        gone_rows = deletion.returning(literal_column("1").label("one")).cte("gone")
        count, last = self._session.execute(
            select(
                select(func.count()).select_from(gone_rows).scalar_subquery(),
                select(func.max(batch.c.ended)).scalar_subquery(),
            )
        ).one()
        if not count and last is not None:
            raise ChangeIgnored("DELETE", model.__tablename__)
        return PurgedBatch(count, more=last is not None, since=last, skipped=True)

    def _scalar(self, query: Any) -> Any:
        return self._session.execute(query).scalar_one()
