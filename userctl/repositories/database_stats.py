"""Queries on the database as a whole: how many rows there are, and what time it is there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from userctl.models import ApiToken, AuditEvent, DeletedUser, LoginThrottle, RefreshToken, User
from userctl.schemas.audit import AuditTag

_DATED_MODELS: tuple[Any, ...] = (User, RefreshToken, ApiToken)
"""The tables whose rows have a creation time, and ids in the same order."""

_FOREIGN_TOKEN_TIMES = select(col(RefreshToken.created_at)).where(
    col(RefreshToken.family_id).is_(None), col(RefreshToken.id) > 0
)
"""The times of the refresh tokens that userctl did not issue."""

MAX_SET_BACKS = 1000
"""How many set-backs of the clock are considered, the latest ones."""


class EventRun(NamedTuple):
    """Events of the audit trail written while the clock only went forward, up to the last event.

    Attributes:
        first: the id of the first one.
        began_at: the time of the first one.
    """

    first: int
    began_at: datetime

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the condition on the ids, in a form that leaves the index on times to be used."""
        return [col(AuditEvent.id) + 0 >= self.first] if self.first else []


class DatabaseStatsRepository:
    """Figures of all tables together, and the time of the server."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def newest_creation(self) -> datetime | None:
        """Return when the newest user or token was created, going by their ids."""
        return self._newest_time(*((model.id, model.created_at) for model in _DATED_MODELS))

    def event_runs(self) -> Iterator[EventRun]:
        """Yield the runs of events, the last one first; the last event is also a run by itself.

        An older userctl that did not record set-backs of the clock may have written to the trail.
        """
        number = col(AuditEvent.id)
        query = select(number, col(AuditEvent.time)).order_by(number.desc())
        set_back = query.where(AuditEvent.tag == AuditTag.CLOCK_SET_BACK)
        for starts in (query.where(number > 0).limit(1), set_back.limit(MAX_SET_BACKS)):
            for first, time in self._session.execute(starts):
                if isinstance(time, datetime):
                    yield EventRun(first, time)
        yield EventRun(0, datetime.min.replace(tzinfo=UTC))

    def earliest_event(self, run: EventRun, since: datetime, before: datetime) -> datetime | None:
        """Return the time of the earliest event of a run in a span."""
        time = col(AuditEvent.time)
        return self._session.exec(
            select(time)
            .where(time >= max(since, run.began_at), time < before, *run.conditions())
            .order_by(time)
            .limit(1)
        ).first()

    def last_event(self, run: EventRun, before: datetime) -> datetime | None:
        """Return the time of the last event of a run before a time."""
        time = col(AuditEvent.time)
        query = select(time).where(time >= run.began_at, time < before, *run.conditions())
        return self._session.exec(query.order_by(time.desc()).limit(1)).first()

    def last_confirmation(self, run: EventRun, until: datetime) -> datetime | None:
        """Return when an operator last confirmed the clock in a run, up to a time."""
        time, number = col(AuditEvent.time), col(AuditEvent.id)
        query = select(time).where(
            AuditEvent.tag == AuditTag.CLOCK_CONFIRM, number >= run.first, time <= until
        )
        return self._session.exec(query.order_by(number.desc()).limit(1)).first()

    def first_foreign_token(self) -> datetime | None:
        """Return when an application issued the first of its remaining refresh tokens."""
        return self._session.exec(
            _FOREIGN_TOKEN_TIMES.order_by(col(RefreshToken.id)).limit(1)
        ).first()

    def foreign_tokens(self, since: datetime, before: datetime) -> Iterator[datetime]:
        """Yield when an application issued its refresh tokens in a span, the last one first.

        An application may issue tokens without any event. A time counts only if it is earlier than
        the times of all later tokens, whether of an application or of userctl.
        """
        created, number = col(RefreshToken.created_at), col(RefreshToken.id)
        query = select(created, col(RefreshToken.family_id).is_(None))
        query = query.where(created < before, number > 0).order_by(number.desc())
        with self._session.exec(query.execution_options(yield_per=1000)) as tokens:
            for time, is_foreign in tokens:
                if time <= since:
                    return
                if time < before:
                    before = time
                    if is_foreign:
                        yield time

    def server_time(self) -> datetime | None:
        """Return the time by the clock of the server; None where there is no server."""
        if self._session.connection().dialect.name == "sqlite":
            return None
        return self._session.execute(select(func.clock_timestamp())).scalar()

    def row_counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {
            str(model.__tablename__): self._session.execute(
                select(func.count()).select_from(model)
            ).scalar_one()
            for model in (User, DeletedUser, RefreshToken, ApiToken, LoginThrottle, AuditEvent)
        }

    def _newest_time(self, *columns: tuple[Any, Any]) -> datetime | None:
        times = (
            self._session.execute(
                select(time).where(number > 0).order_by(number.desc()).limit(1)
            ).scalar()
            for number, time in columns
        )
        return max((time for time in times if time is not None), default=None)
