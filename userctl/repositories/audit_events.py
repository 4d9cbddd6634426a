"""Queries on ``audit_events``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true, type_coerce
from sqlalchemy import select as core_select
from sqlmodel import Session, col, func, select

from userctl.models import AuditEvent
from userctl.models.types import StoredUTCDateTime
from userctl.schemas.page import LARGEST_ID

CHUNK = 1000


@dataclass(frozen=True)
class EventFilter:
    """An event matches if it meets everything that is not None.

    Attributes:
        user_id: the user that it concerns.
        target: what it concerns; an event with this target needs no ``user_id``.
        tags: its tag is one of these.
        about_all: an event with this tag concerns every user.
        actors: its actor or its machine is one of these.
        changed: it has one of these tags and, unless that is None, this key in its detail.
        since: it happened at this time or later.
        until: it happened before this time.
    """

    user_id: int | None = None
    target: str | None = None
    tags: Sequence[str] | None = None
    about_all: str | None = None
    actors: Sequence[str] | None = None
    changed: Mapping[str, str | None] | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def alternatives(self) -> list[ColumnElement[bool]]:
        """Conditions, one of which must be met; each has an index with the events in order."""
        if self.user_id is not None or self.target is not None:
            return [
                column == value
                for column, value in (
                    (col(AuditEvent.user_id), self.user_id),
                    (col(AuditEvent.target), self.target),
                    (col(AuditEvent.tag), self.about_all),
                )
                if value is not None
            ]
        if self.tags is not None:
            return [col(AuditEvent.tag) == tag for tag in self.tags]
        return [true()]

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Conditions that must all be met."""
        conditions: list[ColumnElement[bool]] = []
        if self.tags is not None:
            conditions.append(col(AuditEvent.tag).in_(self.tags))
        if self.since is not None:
            conditions.append(col(AuditEvent.time) >= self.since)
        if self.until is not None:
            conditions.append(col(AuditEvent.time) < self.until)
        if self.actors is not None:
            names = (col(AuditEvent.actor), col(AuditEvent.machine))
            conditions.append(or_(*(name.in_(self.actors) for name in names)))
        if self.changed is not None:
            conditions.append(or_(*(_has_key(*pair) for pair in self.changed.items())))
        return conditions


def _has_key(tag: str, key: str | None) -> ColumnElement[bool]:
    """Return the condition that an event has a tag, and a key in its detail."""
    has_tag = col(AuditEvent.tag) == tag
    if key is None:
        return has_tag
    # In a text of canonical JSON, a backslash precedes each quotation mark.
    return and_(has_tag, col(AuditEvent.detail).contains(f'"{key}":', autoescape=True))


class AuditEventRepository:
    """The audit trail."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, event_id: int) -> AuditEvent | None:
        """Return the event with this id."""
        return self._session.get(AuditEvent, event_id) if 0 < event_id <= LARGEST_ID else None

    def head(self) -> AuditEvent | None:
        """Return the last event."""
        query = select(AuditEvent).where(col(AuditEvent.id) > 0)
        return self._session.exec(query.order_by(col(AuditEvent.id).desc()).limit(1)).first()

    def last_in_place(self) -> AuditEvent | None:
        """Return the last event before a gap in the ids, which count from 1.

        The search is binary, so it finds the gap before the last event if that was inserted with an
        id that is too large.
        """
        head = self.head()
        low, high = 0, head.id + 1 if head else 1
        while high - low > 1:
            middle = (low + high) // 2
            query = select(AuditEvent.id).where(AuditEvent.id == middle)
            if self._session.exec(query).first() is None:
                high = middle
            else:
                low = middle
        return self._session.get(AuditEvent, low)

    def count(self, tag: str) -> int:
        """Return the number of events with a tag."""
        query = select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == tag)
        return self._session.exec(query).one()

    def tags(self) -> Sequence[str]:
        """Return all tags of events, each looked up in the index after the one before it.

        There are few tags and many events. A range of the index would not find the tags with one
        prefix, because not every collation keeps them together.
        """
        tag, tags = col(AuditEvent.tag), [""]
        while next_tag := self._session.exec(select(func.min(tag)).where(tag > tags[-1])).one():
            tags.append(next_tag)
        return tags[1:]

    def page(self, event_filter: EventFilter, *, after: int, limit: int) -> Sequence[AuditEvent]:
        """Return the first events after an id."""
        return self._select(event_filter, after, limit, descending=False)

    def last_page(self, event_filter: EventFilter, *, limit: int) -> Sequence[AuditEvent]:
        """Return the last events, the oldest of them first."""
        return self._select(event_filter, 0, limit, descending=True)[::-1]

    def _select(
        self, event_filter: EventFilter, after: int, limit: int, *, descending: bool
    ) -> list[AuditEvent]:
        """Return the first events in an order, merged from the indexes of the alternatives."""
        key: Any = col(AuditEvent.id)
        events: dict[int, AuditEvent] = {}
        for alternative in event_filter.alternatives:
            query = select(AuditEvent).where(alternative, key > after, *event_filter.conditions)
            query = query.order_by(key.desc() if descending else key).limit(limit)
            events |= {event.id: event for event in self._session.exec(query)}
        return [events[number] for number in sorted(events, reverse=descending)[:limit]]

    def rows(self, after: int | None) -> Sequence[Any]:
        """Return the first events after an id as rows: what is hashed, then the hash.

        None starts with the very first row, even if its id is not that of an event. A time stored
        in another format than ours is returned as text.
        """
        table: Any = AuditEvent
        query: Any = core_select(
            table.id, type_coerce(table.time, StoredUTCDateTime), table.tag, table.actor,
            table.machine, table.user_id, table.target, table.detail, table.hash,
        )  # fmt: skip
        if after is not None:
            query = query.where(table.id > after)
        return self._session.execute(query.order_by(table.id).limit(CHUNK)).all()
