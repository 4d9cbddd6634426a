"""Queries on ``audit_events``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, text, true
from sqlalchemy import select as core_select
from sqlmodel import Session, col, func, select

from userctl.core.audit_chain import NO_HASH, event_hash
from userctl.core.errors import DatabaseDamaged
from userctl.models import AuditEvent
from userctl.repositories.changes import insert_all
from userctl.schemas.page import LARGEST_ID

CHUNK = 1000

LOCK = int.from_bytes(sha256(b"userctl audit").digest()[:8], signed=True)
"""The advisory lock of PostgreSQL that appending takes until the transaction ends."""


@dataclass(frozen=True)
class NewEvent:
    """An event to append; see :class:`AuditEvent`."""

    time: datetime
    tag: str
    actor: str
    machine: str
    user_id: int | None
    target: str | None
    detail: str


@dataclass(frozen=True)
class EventFilter:
    """An event matches if it meets everything that is not None.

    Attributes:
        user_id: the user that it concerns.
        target: what it concerns; an event with this target needs no ``user_id``.
        tags: its tag is one of these.
        since: it happened at this time or later.
    """

    user_id: int | None = None
    target: str | None = None
    tags: Sequence[str] | None = None
    since: datetime | None = None

    @property
    def alternatives(self) -> list[ColumnElement[bool]]:
        """Conditions of which one must be met; each has an index with the events in order."""
        if self.user_id is not None or self.target is not None:
            return [
                column == value
                for column, value in (
                    (col(AuditEvent.user_id), self.user_id),
                    (col(AuditEvent.target), self.target),
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
        return conditions


class AuditEventRepository:
    """The audit trail."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, events: Sequence[NewEvent]) -> None:
        """Append events after the last one; no other transaction can until this one ends.

        So this comes last in a transaction, after all its other locks.
        """
        if self._session.connection().dialect.name == "postgresql":
            self._session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        head = self.head()
        last, previous = (head.id, head.hash) if head else (0, NO_HASH)
        if last > LARGEST_ID - len(events):
            raise DatabaseDamaged(f"The audit trail cannot continue after event {last}.")
        rows = []
        for number, event in enumerate(events, last + 1):
            values = (event.tag, event.actor, event.machine, event.user_id, event.target)
            previous = event_hash(previous, number, event.time, *values, event.detail)
            rows.append({"id": number, "hash": previous, **vars(event)})
        insert_all(self._session, AuditEvent, rows)

    def head(self) -> AuditEvent | None:
        """Return the last event."""
        query = select(AuditEvent).where(col(AuditEvent.id) > 0)
        return self._session.exec(query.order_by(col(AuditEvent.id).desc()).limit(1)).first()

    def count(self, tag: str) -> int:
        """Return the number of events with a tag."""
        query = select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == tag)
        return self._session.exec(query).one()

    def page(self, wanted: EventFilter, *, after: int, limit: int) -> Sequence[AuditEvent]:
        """Return the first events after an id."""
        return self._found(wanted, after, limit, descending=False)

    def last(self, wanted: EventFilter, *, limit: int) -> Sequence[AuditEvent]:
        """Return the last events, the oldest of them first."""
        return self._found(wanted, 0, limit, descending=True)[::-1]

    def _found(
        self, wanted: EventFilter, after: int, limit: int, *, descending: bool
    ) -> list[AuditEvent]:
        """Return the first events in an order, merged from the indexes of the alternatives."""
        key: Any = col(AuditEvent.id)
        found: dict[int, AuditEvent] = {}
        for alternative in wanted.alternatives:
            query = select(AuditEvent).where(alternative, key > after, *wanted.conditions)
            query = query.order_by(key.desc() if descending else key).limit(limit)
            found |= {event.id: event for event in self._session.exec(query)}
        return [found[number] for number in sorted(found, reverse=descending)[:limit]]

    def rows(self, after: int | None) -> Sequence[Any]:
        """Return the first events after an id as rows: what is hashed, then the hash.

        None starts with the very first row, even if its id is not that of an event.
        """
        table: Any = AuditEvent
        query: Any = core_select(
            table.id, table.time, table.tag, table.actor, table.machine, table.user_id,
            table.target, table.detail, table.hash,
        )  # fmt: skip
        if after is not None:
            query = query.where(table.id > after)
        return self._session.execute(query.order_by(table.id).limit(CHUNK)).all()
