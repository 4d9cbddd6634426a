"""Reading the audit trail, and verifying that it is intact."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from userctl.core.audit_chain import NO_HASH, event_hash, time_text
from userctl.core.clock import Clock
from userctl.core.errors import (
    AuditBroken,
    DatabaseDamaged,
    EventNotFound,
    InvalidInput,
    RowUnreadable,
)
from userctl.core.text import quote
from userctl.db.errors import translate_errors
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import AuditEvent
from userctl.models.unreadable_values import UnreadableValue
from userctl.repositories.stored_values import OnUnreadable, RowChecker
from userctl.schemas.audit import (
    AuditEventRead,
    AuditHead,
    AuditQuery,
    AuditVerification,
    outcome_of,
)
from userctl.schemas.page import LARGEST_COUNT, Page
from userctl.services.audit.query import event_filter
from userctl.services.shared.paging import STREAM_PAGE, all_pages
from userctl.services.shared.records import read_rows, validate_record


class AuditService:
    """The use cases that read the audit trail; they never write to it."""

    fields = (
        "id", "time", "tag", "actor", "machine", "user_id", "target", "detail", "hash",
    )  # fmt: skip
    """The exported fields of an event: what its hash covers, in this order, and the hash."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(
        self, query: AuditQuery, on_unreadable: OnUnreadable | None = None
    ) -> Page[AuditEventRead]:
        """Return one page of events, the oldest first.

        Args:
            query: which events.
            on_unreadable: called with the error of each unreadable row; None raises it instead.

        Raises:
            InvalidInput: if the tag of the query is neither a tag nor the beginning of one.
        """
        limit = STREAM_PAGE if query.limit is None else min(query.limit, LARGEST_COUNT)
        with self._database.reading() as uow:
            wanted = event_filter(uow, query, self._clock())
            if query.after is None and query.limit is not None:
                found = uow.audit_events.last_page(wanted, limit=limit)
            else:
                found = uow.audit_events.page(wanted, after=query.after or 0, limit=limit + 1)
            shown = found[:limit]
            events = read_rows(shown, event_read, on_unreadable)
        return Page(events, more=len(found) > limit, after=shown[-1].id if shown else None)

    def show(self, event_id: int) -> AuditEventRead:
        """Return an event.

        Raises:
            EventNotFound: if there is none with this id.
        """
        with self._database.reading() as uow:
            event = uow.audit_events.get(event_id)
            if event is None:
                raise EventNotFound(
                    f"There is no event {event_id}.", hint="List them with 'userctl audit list'."
                )
            return event_read(event)

    def stream(
        self, query: AuditQuery, on_unreadable: OnUnreadable | None = None
    ) -> Iterator[AuditEventRead]:
        """Yield all events that a query asks for, read page by page."""
        return all_pages(partial(self.page, on_unreadable=on_unreadable), query)

    def chunks(self, on_unreadable: OnUnreadable | None = None) -> Iterator[list[tuple[Any, ...]]]:
        """Yield all events as rows of the values of ``fields``, in chunks.

        Args:
            on_unreadable: called with the error of each unreadable row; None raises it instead.
        """
        last = None
        checker = RowChecker(AuditEvent.metadata.tables["audit_events"], self.fields)
        with self._database.reading() as uow:
            while rows := uow.audit_events.rows(last):
                last = rows[-1][0]
                good = checker.readable_rows(rows, on_unreadable)
                if good:
                    yield [(event_id, time_text(time), *rest) for event_id, time, *rest in good]

    def head(self) -> AuditHead:
        """Return the last event; its id is 0 if there is none."""
        with self._database.reading() as uow:
            head = uow.audit_events.head()
            number, digest = (head.id, head.hash) if head else (0, NO_HASH)
        return validate_record(
            AuditHead, "audit_events", number, id=number, hash=digest, anchor=f"{number}:{digest}"
        )

    def verify(self, anchor: str | None = None) -> AuditVerification:
        """Verify that no event was changed, removed or inserted since it was written.

        Args:
            anchor: the head at an earlier time, from :meth:`head`. Without one, neither truncation
                nor a rewrite of the whole trail can be detected.

        Raises:
            InvalidInput: if the anchor is malformed.
            AuditBroken: naming the first event that was changed or is missing.
        """
        known = None if anchor is None else _parse_anchor(anchor)
        number, previous = 0, NO_HASH
        if known is not None and known[0] == 0 and known[1] != NO_HASH:
            raise AuditBroken("The anchor does not belong to any audit trail.")
        with self._database.reading() as uow:
            while rows := _read_rows(uow, number or None):
                for event_id, time, *rest, digest in rows:
                    number += 1
                    if event_id != number:
                        raise AuditBroken(f"Event {number} is missing (found event {event_id}).")
                    previous = event_hash(previous, number, time, *rest)
                    if digest != previous:
                        raise AuditBroken(
                            f"Event {number} of the audit trail is not as it was written."
                        )
                    if known is not None and known[0] == number and known[1] != digest:
                        raise AuditBroken(
                            f"The audit trail up to event {number} does not match the anchor."
                        )
        if known is not None and known[0] > number:
            raise AuditBroken(
                f"The audit trail ends at event {number}, before the anchor at event {known[0]}."
            )
        return AuditVerification(events=number, hash=previous, anchored=known is not None)


def _read_rows(uow: UnitOfWork, after: int | None) -> Sequence[Any]:
    try:
        with translate_errors():
            rows = uow.audit_events.rows(after)
    except DatabaseDamaged as error:
        raise AuditBroken(f"An event after event {after or 0} cannot be read.") from error
    for number, time, *_ in rows:
        if isinstance(time, UnreadableValue):
            raise AuditBroken(f"Event {number} of the audit trail cannot be read.")
    return rows


def _parse_anchor(text: str) -> tuple[int, str]:
    match = re.fullmatch(r"(\d{1,19}):([0-9a-f]{64})", text, re.ASCII)
    if match is None:
        raise InvalidInput(
            f"{quote(text)} is not an anchor: the id of an event, a colon and its hash.",
            hint="'userctl audit head --fields anchor -o csv' prints it.",
        )
    return int(match[1]), match[2]


def event_read(event: AuditEvent) -> AuditEventRead:
    """Return an event as shown, even if a later version of userctl wrote it.

    Raises:
        RowUnreadable: if its tag, its detail or another value is malformed.
    """
    values = {name: getattr(event, name) for name in AuditService.fields}
    try:
        values["detail"] = json.loads(event.detail)
    except (ValueError, TypeError, RecursionError):
        raise RowUnreadable("audit_events", event.id, "detail", "is not JSON") from None
    outcome = outcome_of(str(event.tag))
    return validate_record(AuditEventRead, "audit_events", event.id, **values, outcome=outcome)
