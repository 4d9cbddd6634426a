"""Reading the audit trail, and finding out whether it is whole."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from userctl.core.audit_chain import NO_HASH, event_hash, microsecond_time
from userctl.core.clock import Clock
from userctl.core.errors import AuditBroken, DatabaseDamaged, InvalidInput, UserNotFound
from userctl.db.errors import typed_failures
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import AuditEvent
from userctl.repositories.audit_events import EventFilter
from userctl.schemas.audit import AuditEventRead, AuditHead, AuditQuery, AuditTag, AuditVerification
from userctl.schemas.email_address import canonical_email
from userctl.schemas.page import LARGEST_ID, Page
from userctl.services.shared.paging import STREAM_PAGE, all_pages
from userctl.services.users.lookup import find_user


class AuditService:
    """The use cases on the audit trail; nothing here writes to it."""

    fields = (
        "id", "time", "tag", "actor", "machine", "user_id", "target", "detail", "hash",
    )  # fmt: skip
    """What is exported of an event: what its hash is made of, in this order, and the hash."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(self, query: AuditQuery) -> Page[AuditEventRead]:
        """Return one page of events, the oldest first.

        Raises:
            InvalidInput: if no tag is or begins as asked.
        """
        limit = STREAM_PAGE if query.limit is None else min(query.limit, LARGEST_ID - 1)
        with self._database.reading() as uow:
            wanted = self._filter(uow, query)
            if query.after is None and query.limit is not None:
                events = [event_read(event) for event in uow.audit_events.last(wanted, limit=limit)]
                return Page(items=events, more=False)
            found = uow.audit_events.page(wanted, after=query.after or 0, limit=limit + 1)
            events = [event_read(event) for event in found]
        return Page(items=events[:limit], more=len(events) > limit)

    def stream(self, query: AuditQuery) -> Iterator[AuditEventRead]:
        """Return all events a query asks for, which are read while they are taken."""
        return all_pages(self.page, query)

    def chunks(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yield all events as rows of the values of ``fields``, in chunks."""
        last = None
        with self._database.reading() as uow:
            while rows := uow.audit_events.rows(last):
                last = rows[-1][0]
                for row in rows:
                    if not all(isinstance(value, str | int | None) for value in row[2:]):
                        raise DatabaseDamaged(f"Event {row[0]} of the audit trail cannot be read.")
                yield [(found, microsecond_time(time), *rest) for found, time, *rest in rows]

    def head(self) -> AuditHead:
        """Return the last event; before the first one its id is 0."""
        with self._database.reading() as uow:
            head = uow.audit_events.head()
            number, digest = (head.id, head.hash) if head else (0, NO_HASH)
        return AuditHead(id=number, hash=digest, anchor=f"{number}:{digest}")

    def verify(self, anchor: str | None = None) -> AuditVerification:
        """Make sure that nothing was changed, taken away or put in since it was written.

        Args:
            anchor: the head at an earlier time, as :meth:`head` gave it. Without one it cannot be
                seen that the end was cut off, nor that the whole trail was written anew.

        Raises:
            InvalidInput: if the anchor is none.
            AuditBroken: naming the first event that is not as it was written.
        """
        kept = None if anchor is None else _anchor(anchor)
        number, previous = 0, NO_HASH
        if kept is not None and kept[0] == 0 and kept[1] != NO_HASH:
            raise AuditBroken("No audit trail begins with this anchor.")
        with self._database.reading() as uow:
            while rows := _rows(uow, number or None):
                for found, time, *rest, digest in rows:
                    number += 1
                    if found != number:
                        raise AuditBroken(f"Where event {number} should be stands event {found}.")
                    previous = event_hash(previous, number, time, *rest)
                    if digest != previous:
                        raise AuditBroken(
                            f"Event {number} of the audit trail is not as it was written."
                        )
                    if kept is not None and kept[0] == number and kept[1] != digest:
                        raise AuditBroken(
                            f"The audit trail up to event {number} is not that of the anchor."
                        )
        if kept is not None and kept[0] > number:
            raise AuditBroken(f"The audit trail ends with event {number}, before the anchor.")
        return AuditVerification(events=number, hash=previous, anchored=kept is not None)

    def _filter(self, uow: UnitOfWork, query: AuditQuery) -> EventFilter:
        tags = None if query.tag is None else _tags(query.tag)
        since = query.since
        if isinstance(since, timedelta):
            since = self._clock() - since
        user_id, target = (None, None) if query.user is None else _about(uow, query.user)
        return EventFilter(user_id=user_id, target=target, tags=tags, since=since)


def _rows(uow: UnitOfWork, after: int | None) -> Sequence[Any]:
    try:
        with typed_failures():
            return uow.audit_events.rows(after)
    except DatabaseDamaged as error:
        raise AuditBroken(f"An event behind event {after or 0} cannot be read.") from error


def _anchor(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d{1,10}):([0-9a-f]{64})", text, re.ASCII)
    if found is None:
        raise InvalidInput(
            "The anchor is the number of an event, a colon and its hash.",
            hint="'userctl audit head --fields anchor -o csv' prints it.",
        )
    return int(found[1]), found[2]


def _tags(text: str) -> list[str]:
    found: list[str] = [tag for tag in AuditTag if tag == text or tag.startswith(f"{text}:")]
    if not found:
        raise InvalidInput(
            f"There is no tag '{text[:40]}'.",
            hint=f"The tags are {', '.join(AuditTag)}, and their beginnings up to a colon.",
        )
    return found


def _about(uow: UnitOfWork, reference: str) -> tuple[int | None, str | None]:
    """Return the id and the address of an account, which may be gone."""
    try:
        user = find_user(uow, reference)
    except UserNotFound:
        if not reference.isdecimal():
            return None, canonical_email(reference)
        if len(reference) >= len(str(LARGEST_ID)):
            # No account has such an id.
            return None, reference
        return int(reference), None
    return user.id, user.email


def event_read(event: AuditEvent) -> AuditEventRead:
    """Return an event as it is shown.

    Raises:
        DatabaseDamaged: if its tag or its detail is none.
    """
    try:
        detail, tag = json.loads(event.detail), AuditTag(event.tag)
        return AuditEventRead(
            **event.model_dump(exclude={"detail"}), outcome=tag.outcome, detail=detail
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise DatabaseDamaged(f"Event {event.id} of the audit trail cannot be read.") from error
