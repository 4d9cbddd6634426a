"""Events that anyone can bring about, which must not make the audit trail grow at will.

The trail cannot be shortened. So of failures of one kind that concern one subject, only the first
in a window of time is an event at once. The others are counted, and the next event of that kind
tells how many there were; if none follows, an event of its own does so after a day. A limit on all
events with a tag holds beside that, because an attacker may name ever new subjects.

The counters are rows of ``login_throttles`` beside those that throttle logins.
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

MOST = 1000
"""How many events with one tag a window has, whatever their subjects are."""

VARIOUS = "various"
"""The reason in an event that tells how many failures beyond ``MOST`` there were."""

PRUNED = 4
"""How many rows are removed at most when one is charged: more than it adds, so that few remain."""

_MARK = "!"
"""What the digest of a subject begins with, and that of an address in the same column does not."""


class Counted(NamedTuple):
    """How many failures the window before had without an event, and when it ended."""

    number: int
    ended_at: datetime | None

    def detail(self, events: int = 0) -> dict[str, Any]:
        """Return what an event tells that stands for them, and for so many others."""
        if not self.number:
            return {}
        until = None if self.ended_at is None else self.ended_at.isoformat()
        return {"count": self.number + events, "until": until}


def record_bounded(
    uow: UnitOfWork, tag: AuditTag, now: datetime, subject: str | None, *, kind: str, **event: Any
) -> None:
    """Record a failure, or count it if its window has an event already.

    Args:
        uow: the unit of work.
        tag: what was attempted.
        now: the time.
        subject: what the failure concerns, such as a token; empty if that is not known. None if
            something else bounds such failures of one subject.
        kind: why it failed; each kind is counted by itself.
        event: as for :meth:`UnitOfWork.record`.
    """
    counted = Counted(0, None)
    if subject is not None:
        admitted = _admit(uow, now, subject, f"{tag} {kind}", limit=1)
        if admitted is None:
            return
        counted = admitted
    _record(uow, tag, now, counted.number + 1, **event, **counted.detail(events=1))


def record_forgotten(uow: UnitOfWork, now: datetime) -> None:
    """Delete some expired rows of ``login_throttles``, and record what was only counted in them."""
    for address, source, charges, ended_at in uow.login_throttles.delete_expired(now, PRUNED):
        tag, _, kind = str(source).partition(" ")
        if not str(address).startswith(_MARK) or tag not in {*AuditTag}:
            continue
        counted = _beyond(MOST if kind == VARIOUS else 1, charges, ended_at)
        if counted.number:
            detail = {"subject_sha256": address.removeprefix(_MARK)} if kind != VARIOUS else {}
            event = _anonymous(kind) | detail | counted.detail()
            _record(uow, AuditTag(tag), now, counted.number, **event)


def _record(uow: UnitOfWork, tag: AuditTag, now: datetime, number: int, **event: Any) -> None:
    """Record an event that stands for a number of failures, unless there were too many of late."""
    admitted = _admit(uow, now, "", f"{tag} {VARIOUS}", limit=MOST, number=number)
    if admitted is None:
        return
    if admitted.number:
        uow.record(tag, now, **_anonymous(VARIOUS), **admitted.detail())
    uow.record(tag, now, **event)


def _anonymous(kind: str) -> dict[str, Any]:
    return {"reason": kind, "cause": kind, "method": None, "source": None}


def _admit(
    uow: UnitOfWork, now: datetime, subject: str, kind: str, *, limit: int, number: int = 1
) -> Counted | None:
    """Charge an event to a window; None if that is full, and a number of failures was counted."""
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
    # Of several who find the window before it over, one opens the next.
    if before is None or window.charges != 1:
        return Counted(0, None)
    return _beyond(limit, before.charges, before.window_ends_at)


def _beyond(limit: int, charges: object, ended_at: object) -> Counted:
    """Return how many charges of a window were beyond its limit."""
    # Another program may have written something else.
    number = max(0, charges - limit) if isinstance(charges, int) else 0
    return Counted(number, ended_at if isinstance(ended_at, datetime) else None)
