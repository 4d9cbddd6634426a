"""Queries on the database as a whole: how many rows there are, and what time it is there."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from userctl.models import ApiToken, AuditEvent, DeletedUser, LoginThrottle, RefreshToken, User

_CREATED: tuple[Any, ...] = (User, RefreshToken, ApiToken)
"""The tables whose rows tell when they were created, and have ids in that order."""


class DatabaseStatsRepository:
    """What is known of all tables together, and of the server."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def newest(self) -> datetime | None:
        """Return when the newest user or token was created, as far as ids tell."""
        return self._newest(*((model.id, model.created_at) for model in _CREATED))

    def newest_write(self) -> datetime | None:
        """Return the time of the newest user, token or event, as far as ids tell."""
        created = ((model.id, model.created_at) for model in _CREATED)
        return self._newest(*created, (AuditEvent.id, AuditEvent.time))

    def earliest_write(self, since: datetime, before: datetime) -> datetime | None:
        """Return the time of the earliest event in a span, or else of a refresh token.

        An application may issue refresh tokens without any event.
        """
        time = col(AuditEvent.time)
        query = select(time).where(time >= since, time < before).order_by(time).limit(1)
        found = self._session.exec(query).first() or self._first_token(since)
        return found if found is not None and found < before else None

    def _first_token(self, since: datetime) -> datetime | None:
        """Return when the first refresh token since a time was created.

        No index has that time, so it is searched for by halves in the order of the ids.
        """
        number, created = col(RefreshToken.id), col(RefreshToken.created_at)
        last = select(number).where(number > 0).order_by(number.desc()).limit(1)
        low, high = 0, self._session.execute(last).scalar() or 0
        found = None
        while low < high:
            middle = (low + high) // 2
            query = select(number, created).where(number > middle).order_by(number).limit(1)
            following, time = self._session.execute(query).one()
            if time < since:
                low = following
            else:
                high, found = middle, time
        return found

    def last_event(self, before: datetime, tag: str | None = None) -> datetime | None:
        """Return the time of the last event before a time, with any tag or with a given one."""
        time = col(AuditEvent.time)
        query = select(time).where(time < before)
        if tag is None:
            query = query.order_by(time.desc())
        else:
            query = query.where(AuditEvent.tag == tag).order_by(col(AuditEvent.id).desc())
        return self._session.exec(query.limit(1)).first()

    def server_time(self) -> datetime | None:
        """Return the time by the clock of the server; None where there is no server."""
        if self._session.connection().dialect.name == "sqlite":
            return None
        return self._session.execute(select(func.clock_timestamp())).scalar()

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {
            str(model.__tablename__): self._session.execute(
                select(func.count()).select_from(model)
            ).scalar_one()
            for model in (User, DeletedUser, RefreshToken, ApiToken, LoginThrottle, AuditEvent)
        }

    def _newest(self, *columns: tuple[Any, Any]) -> datetime | None:
        newest = (
            self._session.execute(
                select(time).where(number > 0).order_by(number.desc()).limit(1)
            ).scalar()
            for number, time in columns
        )
        return max((time for time in newest if time is not None), default=None)
