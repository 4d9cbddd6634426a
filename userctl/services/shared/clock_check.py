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
    """A span of time in which nothing was written, up to now or to recent writes."""

    start: datetime
    end: datetime


DeletesAcross = Callable[[UnitOfWork, Gap], bool]
"""Tells whether a purge would delete rows that it would have kept at the start of a gap."""


def require_plausible_clock(
    database: Database,
    now: datetime,
    longest_session: timedelta,
    deletes_across: DeletesAcross,
    *,
    confirmed: bool,
) -> None:
    """Make sure that the clock is not far ahead, or that an operator has confirmed it.

    A confirmation against the evidence is recorded, and the same gap is not questioned again.

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
    """Make sure that the clock is not far ahead, which would make active tokens seem expired.

    The clock of a database server is independent evidence. Otherwise earlier writes tell the time,
    but a clock that jumped has written rows too, with its own time. So no single row is trusted:
    going back from now, no two writes may be further apart than a session may last. A larger gap is
    caused by a jump or by real silence; a nightly purge writes an event even if it deletes nothing,
    so there is no silence where one runs. Rows written before the clock was set back count only if
    they are earlier than all rows that followed. A gap matters only if it makes a purge delete rows
    from before it. A clock that is behind makes a purge delete too little, which does no harm.

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
        raise _suspicion(now, f"the last write before a gap of {days} days is from {start}")


@retry_transactions
def _record_confirmation(database: Database, now: datetime, gap: Gap) -> None:
    with database.writing() as uow:
        uow.record(AuditTag.CLOCK_CONFIRM, now, gap=[time.isoformat() for time in gap])
        uow.commit()


def _find_gap(
    uow: UnitOfWork, now: datetime, longest_session: timedelta, deletes_across: DeletesAcross
) -> Gap | None:
    """Return the latest long gap that matters."""
    longest = max(longest_session, SHORTEST_GAP)
    gaps = (
        part
        for gap in _long_gaps(uow, now, longest)
        if deletes_across(uow, gap)
        for part in _long_parts(uow, gap, longest)
    )
    return next((gap for gap in gaps if deletes_across(uow, gap)), None)


def _long_gaps(uow: UnitOfWork, now: datetime, longest: timedelta) -> Iterator[Gap]:
    """Yield the gaps between events since an operator last confirmed the clock, the latest first.

    In each run of events, only those count that are earlier than all events written after them.
    """
    stats, end = uow.database_stats, now
    for run in stats.event_runs():
        confirmed = stats.last_confirmation(run, end)
        while confirmed is None or end > confirmed:
            last = stats.last_event(run, end)
            # SQLite compares text, and another program may write the same time in another form.
            if last is None or last >= end:
                break
            if end - last > longest:
                yield Gap(last, end)
                end = last
            else:
                end = min(last, stats.earliest_event(run, end - longest, end) or last)
        else:
            return
    # Before the audit trail began, only an application issued tokens.
    first = stats.first_foreign_token()
    if first is not None and end - first > longest:
        yield Gap(first, end)


def _long_parts(uow: UnitOfWork, gap: Gap, longest: timedelta) -> Iterator[Gap]:
    """Yield the long parts of a gap in which an application issued no token either."""
    end = gap.end
    for time in (*uow.database_stats.foreign_tokens(*gap), gap.start):
        if end - time > longest:
            yield Gap(time, end)
        end = time


def _suspicion(now: datetime, evidence: str) -> ClockSuspect:
    return ClockSuspect(f"The clock says {rfc3339(now)} and {evidence}; nothing was deleted.")
