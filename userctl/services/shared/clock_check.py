"""A check of the clock before rows are deleted for their age."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from userctl.core.errors import ClockSuspect
from userctl.core.text import rfc3339
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.schemas.audit import AuditTag

SERVER_TOLERANCE = timedelta(hours=1)

SHORTEST_GAP = timedelta(days=8)
"""No shorter silence is suspicious, however short sessions are: a purge may run once a week."""


class Gap(NamedTuple):
    """A span of time in which nothing was written, up to now or to writes of late."""

    start: datetime
    end: datetime


DeletesAcross = Callable[[UnitOfWork, Gap], bool]
"""Tells whether a purge deletes rows from before a gap that it would have kept at its start."""


def require_plausible_clock(
    database: Database,
    now: datetime,
    longest_session: timedelta,
    deletes_across: DeletesAcross,
    *,
    confirmed: bool,
) -> None:
    """Make sure that the clock is not far ahead, or that an operator says that it is right.

    What an operator confirms against the evidence is recorded, and not asked about again.

    Args:
        database: the database.
        now: the time by the clock.
        longest_session: see :func:`check_clock`.
        deletes_across: see :func:`check_clock`.
        confirmed: whether an operator says that the clock is right.

    Raises:
        ClockSuspect: naming both times.
    """
    with database.reading() as uow:
        if not confirmed:
            check_clock(uow, now, longest_session, deletes_across)
            return
        gap = _find_gap(uow, now, longest_session, deletes_across)
    if gap is not None:
        _record_confirmation(database, now, gap)


def check_clock(
    uow: UnitOfWork, now: datetime, longest_session: timedelta, deletes_across: DeletesAcross
) -> None:
    """Make sure that the clock is not far ahead, or active tokens would seem to have expired.

    The clock of a database server is independent evidence. Otherwise what was written before tells
    the time, but a clock that jumped has also written rows, with its own time. So no single row is
    believed: from now back, no two writes may be further apart than a session may last. Such a gap
    is left by a jump, or by real silence; a nightly purge writes an event even if it deletes
    nothing, so there is no silence where one runs. A gap matters only if it makes a purge delete
    what was there before it. A clock that is behind deletes too little, which does no harm.

    Args:
        uow: the unit of work.
        now: the time by the clock.
        longest_session: how long a session may last.
        deletes_across: tells whether a gap matters.

    Raises:
        ClockSuspect: naming both times.
    """
    server = uow.database_stats.server_time()
    if server is not None and now - server > SERVER_TOLERANCE:
        raise _suspicion(now, f"the database server says {rfc3339(server)}")
    gap = _find_gap(uow, now, longest_session, deletes_across)
    if gap is not None:
        days, start = (gap.end - gap.start).days, rfc3339(gap.start)
        raise _suspicion(now, f"the last write before a gap of {days} days is of {start}")


@retry_transactions
def _record_confirmation(database: Database, now: datetime, gap: Gap) -> None:
    with database.writing() as uow:
        uow.record(AuditTag.CLOCK_CONFIRM, now, gap=[time.isoformat() for time in gap])
        uow.commit()


def _find_gap(
    uow: UnitOfWork, now: datetime, longest_session: timedelta, deletes_across: DeletesAcross
) -> Gap | None:
    """Return the latest gap that matters, of those that are long."""
    gaps = _long_gaps(uow, now, max(longest_session, SHORTEST_GAP))
    return next((gap for gap in gaps if deletes_across(uow, gap)), None)


def _long_gaps(uow: UnitOfWork, now: datetime, longest: timedelta) -> Iterator[Gap]:
    """Yield the gaps since an operator last confirmed the clock, the latest first."""
    stats, end = uow.database_stats, now
    confirmed = stats.last_event(now, AuditTag.CLOCK_CONFIRM)
    # In the order of the ids, a write by a clock that has been set right since is not the newest.
    newest = stats.newest_write()
    if newest is not None and now - newest > longest:
        yield Gap(newest, now)
        end = newest
    created = stats.newest()
    while True:
        while (earlier := stats.earliest_write(end - longest, end)) is not None:
            end = earlier
        if confirmed is not None and end <= confirmed:
            return
        before = [time for time in (created, stats.last_event(end)) if time is not None]
        starts = [time for time in before if end - time > longest]
        if not starts:
            return
        yield Gap(max(starts), end)
        end = max(starts)


def _suspicion(now: datetime, evidence: str) -> ClockSuspect:
    return ClockSuspect(f"The clock says {rfc3339(now)} and {evidence}; nothing was deleted.")
