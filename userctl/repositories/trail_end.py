"""Appends to the audit trail."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from sqlalchemy import Connection, insert, literal_column, select, text

from userctl.models import AuditEvent
from userctl.repositories.bulk_insert import insert_rows
from userctl.repositories.changes import insert_all, require_count
from userctl.repositories.new_events import COLUMNS, NewEvent, TrailHead, next_rows
from userctl.repositories.statement import Statement, run_together
from userctl.repositories.transactions import TRANSACTION
from userctl.schemas.page import LARGEST_ID

LOCK = int.from_bytes(sha256(b"userctl audit").digest()[:8], signed=True)
"""The advisory lock of PostgreSQL that appending takes until the transaction ends."""

BULK_SIZE = 100
"""The number of events from which a bulk insert is faster."""

_EVENTS = AuditEvent.metadata.tables["audit_events"]
_LOCK = Statement(text(f"SELECT pg_advisory_xact_lock({LOCK}), {TRANSACTION}"))
_HEAD = Statement(
    select(_EVENTS.c.id, _EVENTS.c.hash, _EVENTS.c.time)
    .where(_EVENTS.c.id > literal_column("0"))
    .order_by(_EVENTS.c.id.desc())
    .limit(literal_column("1"))
)
_INSERT = Statement(insert(_EVENTS), COLUMNS)


class TrailEnd:
    """The end of the audit trail, where new events go.

    Args:
        connection: the connection of the transaction.
        last_in_place: finds the last event before a gap in the ids.
    """

    def __init__(
        self, connection: Connection, last_in_place: Callable[[], AuditEvent | None]
    ) -> None:
        self._connection = connection
        self._last_in_place = last_in_place

    def append(self, events: Sequence[NewEvent]) -> Sequence[str] | None:
        """Append events after the last one; no other transaction can until this one ends.

        So this comes last in a transaction, after all its other locks.

        Returns:
            What identifies the transaction on PostgreSQL.
        """
        head, transaction = self._lock()
        if head is not None and head.id > LARGEST_ID - len(events):
            # An event out of place must not keep all later ones from being written.
            event = self._last_in_place()
            head = TrailHead(event.id, event.hash, event.time) if event else None
        rows = next_rows(head, events)
        if len(rows) == 1:
            count = _INSERT.count(self._connection, dict(zip(COLUMNS, rows[0], strict=True)))
        elif len(rows) < BULK_SIZE:
            values = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
            insert_all(self._connection, AuditEvent, values)
            count = len(rows)
        else:
            count = insert_rows(self._connection, AuditEvent, COLUMNS, rows)
        require_count("INSERT", AuditEvent.__tablename__, count, len(rows))
        return transaction

    def _lock(self) -> tuple[TrailHead | None, Sequence[str] | None]:
        """Lock the trail, and return its last event and what identifies the transaction."""
        transaction: Sequence[str] | None = None
        if self._connection.dialect.name == "postgresql":
            [(_, *transaction)], heads = run_together(self._connection, [_LOCK, _HEAD])
        else:
            heads = _HEAD.rows(self._connection, {})
        return TrailHead._make(heads[0]) if heads else None, transaction
