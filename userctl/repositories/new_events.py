"""New events of the audit trail, as rows that continue its chain."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from userctl.core.audit_chain import NO_HASH, canonical_json, event_hash
from userctl.core.errors import DatabaseDamaged
from userctl.schemas.audit import AuditTag
from userctl.schemas.page import LARGEST_ID

CLOCK_SLACK = timedelta(days=1)
"""How much earlier than its predecessor an event may be. A long transaction is recorded with the
time at which it began, and the clocks of several machines differ."""


class NewEvent(NamedTuple):
    """An event to append; see :class:`AuditEvent`."""

    time: datetime
    tag: str
    actor: str
    machine: str
    user_id: int | None
    target: str | None
    detail: str


COLUMNS = (*NewEvent._fields, "id", "hash")


class TrailHead(NamedTuple):
    """The last event of the audit trail: its id, its hash and, if that can be read, its time."""

    id: int
    hash: str
    time: object


def next_rows(head: TrailHead | None, events: Sequence[NewEvent]) -> list[tuple[Any, ...]]:
    """Return rows with the values of ``COLUMNS`` that continue the trail with some events.

    Raises:
        DatabaseDamaged: if there is no id left.
    """
    events = [*_clock_events(head, events), *events]
    last, previous = (head.id, head.hash) if head else (0, NO_HASH)
    if last > LARGEST_ID - len(events):
        raise DatabaseDamaged(f"The audit trail cannot continue after event {last}.")
    rows = []
    for number, event in enumerate(events, last + 1):
        previous = event_hash(previous, number, *event)
        rows.append((*event, number, previous))
    return rows


def _clock_events(head: TrailHead | None, events: Sequence[NewEvent]) -> Iterator[NewEvent]:
    """Yield an event about the clock if the next events are much earlier than the last one.

    Code that needs the doubtful times finds the event by its tag, however long the trail is.
    """
    if head is not None and isinstance(head.time, datetime):
        for first in events[:1]:
            if head.time - first.time > CLOCK_SLACK:
                detail = canonical_json({"before": head.time.isoformat()})
                tag = str(AuditTag.CLOCK_SET_BACK)
                yield first._replace(tag=tag, user_id=None, target=None, detail=detail)
