"""Counts events of ``audit_events`` in the database, without reading them."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, String, and_, case, cast, or_, type_coerce
from sqlalchemy import select as core_select
from sqlmodel import Session, col, func

from userctl.models import AuditEvent
from userctl.repositories.audit_events import EventFilter
from userctl.repositories.stored_values import bindable_value

_LENGTH = len("2026-01-31 00:00:00.000000")
"""The length of a time as userctl writes it on SQLite."""


class AuditSummaryRepository:
    """The numbers of the audit trail."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count_by_day(self, event_filter: EventFilter) -> Sequence[tuple[Any, str, int]]:
        """Return the days of events in UTC, as in 2026-01-31, their tags and their numbers.

        A value that userctl would not have written, whether it is a time or not, is returned as it
        is instead of a day.
        """
        day, tag = self._day().label("day"), col(AuditEvent.tag)
        query = core_select(day, tag, func.sum(self._weight())).where(*_conditions(event_filter))
        rows = self._session.execute(query.group_by(day, tag).order_by(day, tag))
        return [(value, name, int(number)) for value, name, number in rows]

    def ids_of_days(
        self, event_filter: EventFilter, days: Sequence[Any]
    ) -> Sequence[tuple[int, Any]]:
        """Return the ids and days of the events of some days that :meth:`count_by_day` returned."""
        dialect = "postgresql" if self._is_postgresql else "sqlite"
        day, event_id = self._day(), col(AuditEvent.id)
        of_days = or_(*(day.is_not_distinct_from(bindable_value(value, dialect)) for value in days))
        query = (
            core_select(event_id, day).where(*_conditions(event_filter), of_days).order_by(event_id)
        )
        return [(number, value) for number, value in self._session.execute(query)]

    def _day(self) -> Any:
        time = col(AuditEvent.time)
        if self._is_postgresql:
            return func.to_char(func.timezone("UTC", time), "YYYY-MM-DD")
        text = type_coerce(time, String)
        # A modifier makes SQLite look at the calendar, which knows no hour 24 and no 31 February.
        is_in_calendar = func.datetime(text, "+0 days") == func.substr(text, 1, 19)
        is_own_format = func.length(text) == _LENGTH, is_in_calendar
        return case((and_(*is_own_format), func.substr(text, 1, 10)), else_=text)

    def top_targets(self, event_filter: EventFilter, *, limit: int) -> Sequence[tuple[str, int]]:
        """Return the targets with the most events, and their numbers."""
        return self._top(col(AuditEvent.target), event_filter, limit)

    def top_sources(self, event_filter: EventFilter, *, limit: int) -> Sequence[tuple[str, int]]:
        """Return the sources with the most events, as in their detail, and their numbers."""
        detail: Any = col(AuditEvent.detail)
        if not self._is_postgresql:
            source = case((func.json_valid(detail), func.json_extract(detail, "$.source")))
            return self._top(source, event_filter, limit)
        # A detail that is not JSON must not be an error, as it would be for a cast.
        pattern = r'"source":("(?:[^"\\]|\\.)*")'
        rows = self._top(func.substring(detail, pattern), event_filter, limit)
        return [(json.loads(text), number) for text, number in rows]

    def _top(self, name: Any, event_filter: EventFilter, limit: int) -> Sequence[tuple[str, int]]:
        name, number = name.label("name"), func.sum(self._weight()).label("number")
        query = core_select(name, number).where(*_conditions(event_filter), name.is_not(None))
        rows = self._session.execute(
            query.group_by(name).order_by(number.desc(), name).limit(limit)
        )
        return [(str(value), int(count)) for value, count in rows]

    def _weight(self) -> Any:
        """Return how many logins an event stands for: one event counts several throttled logins."""
        detail: Any = col(AuditEvent.detail)
        if self._is_postgresql:
            count: Any = cast(func.substring(detail, r'"count":([0-9]{1,15})'), BigInteger)
            return func.coalesce(count, 1)
        count = func.coalesce(func.json_extract(detail, "$.count"), 1)
        return case((func.json_valid(detail), count), else_=1)

    @property
    def _is_postgresql(self) -> bool:
        return self._session.connection().dialect.name == "postgresql"


def _conditions(event_filter: EventFilter) -> list[Any]:
    return [or_(*event_filter.alternatives), *event_filter.conditions]
