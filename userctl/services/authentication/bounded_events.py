"""Bounds the number of audit events that anyone can cause, such as failed logins.

The trail cannot be shortened. So of the failures of one kind with one subject, only the first in a
window of time is recorded at once. The others are counted, and the next event of that kind says how
many there were; if none follows, a separate event says so after a day. In addition, all events with
a tag are limited, because an attacker may keep naming new subjects.

The counters are rows of ``login_throttles``, like those that throttle logins.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import LoginThrottle
from userctl.schemas.audit import AuditTag
from userctl.services.shared.throttle_windows import MEMORY, latest_end

WINDOW = timedelta(minutes=15)
"""How long a window is, from its first event on."""

MOST_EVENTS = 1000
"""The largest number of events with one tag in a window, whatever their subjects."""

VARIOUS = "various"
"""The reason in an event that counts the failures beyond ``MOST_EVENTS``."""

PRUNE_LIMIT = 4
"""The largest number of rows deleted per charge; it exceeds the rows added, so few remain."""

_MARK = "!"
"""The prefix that distinguishes digests of subjects from digests of addresses in one column."""


class UnrecordedFailures(NamedTuple):
    """The failures of the previous window that have no event of their own, and when it ended."""

    number: int
    ended_at: datetime | None

    def detail(self, events: int = 0) -> dict[str, Any]:
        """Return the detail of an event that stands for them, and for ``events`` more failures."""
        if not self.number:
            return {}
        until = None if self.ended_at is None else self.ended_at.isoformat()
        return {"count": self.number + events, "until": until}


def record_bounded(
    uow: UnitOfWork, tag: AuditTag, now: datetime, subject: str | None, *, kind: str, **event: Any
) -> None:
    """Record a failure, or count it if its window already has an event.

    Args:
        uow: the unit of work.
        tag: the tag of the attempt.
        now: the time.
        subject: what the failure concerns, such as a token; empty if unknown. None if such failures
            of one subject are bounded by other means.
        kind: the kind of failure; each kind is counted separately.
        event: as for :meth:`UnitOfWork.record`.
    """
    counted = UnrecordedFailures(0, None)
    if subject is not None:
        admitted = _admit(uow, now, subject, f"{tag} {kind}", limit=1)
        if admitted is None:
            return
        counted = admitted
    _record(uow, tag, now, counted.number + 1, **event, **counted.detail(events=1))


def flush_expired_counters(uow: UnitOfWork, now: datetime) -> None:
    """Delete some expired rows of ``login_throttles``, and record the failures they counted."""
    for address, source, charges, ended_at in uow.login_throttles.delete_expired(now, PRUNE_LIMIT):
        tag, _, kind = str(source).partition(" ")
        if not str(address).startswith(_MARK) or tag not in {*AuditTag}:
            continue
        counted = _failures_beyond(MOST_EVENTS if kind == VARIOUS else 1, charges, ended_at)
        if counted.number:
            detail = {"subject_sha256": address.removeprefix(_MARK)} if kind != VARIOUS else {}
            event = _anonymous_detail(kind) | detail | counted.detail()
            _record(uow, AuditTag(tag), now, counted.number, **event)


def _record(uow: UnitOfWork, tag: AuditTag, now: datetime, number: int, **event: Any) -> None:
    """Record an event for a number of failures, unless the window already has too many events."""
    admitted = _admit(uow, now, "", f"{tag} {VARIOUS}", limit=MOST_EVENTS, number=number)
    if admitted is None:
        return
    if admitted.number:
        uow.record(tag, now, **_anonymous_detail(VARIOUS), **admitted.detail())
    uow.record(tag, now, **event)


def _anonymous_detail(kind: str) -> dict[str, Any]:
    return {"reason": kind, "cause": kind, "method": None, "source": None}


def _admit(
    uow: UnitOfWork, now: datetime, subject: str, kind: str, *, limit: int, number: int = 1
) -> UnrecordedFailures | None:
    """Charge an event to a window; if that is full, count ``number`` failures and return None."""
    address = _MARK + hashlib.sha256(subject.encode()).hexdigest()[len(_MARK) :]
    before = uow.login_throttles.get(address, kind)
    new = LoginThrottle(
        address=address,
        source=kind,
        charges=1,
        window_ends_at=now + WINDOW,
        charged_at=now,
        expires_at=now + WINDOW + MEMORY,
    )
    window = uow.login_throttles.charge(new, limit=limit, latest_end=latest_end(now, WINDOW))
    if window.is_full:
        uow.login_throttles.count_refusals(address, kind, number)
        return None
    # If several processes find the previous window over, only one opens the next.
    if before is None or window.charges != 1:
        return UnrecordedFailures(0, None)
    return _failures_beyond(limit, before.charges, before.window_ends_at)


def _failures_beyond(limit: int, charges: object, ended_at: object) -> UnrecordedFailures:
    """Return how many charges of a window exceeded its limit."""
    # Another program may have written other values.
    number = max(0, charges - limit) if isinstance(charges, int) else 0
    return UnrecordedFailures(number, ended_at if isinstance(ended_at, datetime) else None)
