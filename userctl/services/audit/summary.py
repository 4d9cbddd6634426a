"""Summing up the audit trail."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import RowUnreadable
from userctl.db.transaction.unit_of_work import Database
from userctl.models.unreadable_values import unreadable_reason
from userctl.repositories.stored_values import OnUnreadable, read_time
from userctl.schemas.audit import AuditQuery, AuditTag
from userctl.schemas.audit_summary import (
    AuditPeriod,
    AuditSummary,
    FailureCount,
    Span,
    SummaryQuery,
)
from userctl.services.audit.query import event_filter

COUNTED_TAGS = {
    AuditTag.LOGIN_SUCCESS: "logins",
    AuditTag.LOGIN_FAILURE: "failures",
    AuditTag.ACCOUNT_CREATE: "created",
    AuditTag.ACCOUNT_DISABLE: "disabled",
}
"""The tags that are counted, and the fields of a period that count them."""

MOST_PERIODS = 4000
"""The largest number of empty periods before now that are included."""

TOP = 5
"""The number of addresses and sources that are named."""


class AuditSummaryService:
    """The use case that counts logins, failures and changes; the database does the counting."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def summarize(
        self, query: SummaryQuery, on_unreadable: OnUnreadable | None = None
    ) -> AuditSummary:
        """Return the numbers of each day or week, and where logins failed most.

        Args:
            query: what to count.
            on_unreadable: called with the error of each event whose time cannot be read, which is
                in no period; None raises it instead.

        Raises:
            InvalidInput: if the user is neither an id nor an address.
        """
        now = self._clock()
        since = now - query.since if isinstance(query.since, timedelta) else query.since
        about = AuditQuery(user=query.user, since=since)
        with self._database.snapshot() as uow:
            counted = replace(event_filter(uow, about, now), tags=tuple(COUNTED_TAGS))
            failed = replace(counted, tags=(AuditTag.LOGIN_FAILURE,))
            counts = uow.audit_summary.count_by_day(counted)
            days = [
                (day, tag, number) for text, tag, number in counts if (day := _parse_date(text))
            ]
            bad_days = list(dict.fromkeys(text for text, _, _ in counts if not _parse_date(text)))
            unreadable = uow.audit_summary.ids_of_days(counted, bad_days) if bad_days else []
            addresses = uow.audit_summary.top_targets(failed, limit=TOP)
            sources = uow.audit_summary.top_sources(failed, limit=TOP)
        for number, text in unreadable:
            reason = unreadable_reason(text, datetime) or ""
            error = RowUnreadable("audit_events", number, "time", reason)
            if on_unreadable is None:
                raise error
            on_unreadable(error)
        return AuditSummary(
            since=since,
            by=query.by,
            periods=_periods(days, query.by, now),
            failing_addresses=_failure_counts(addresses),
            failing_sources=_failure_counts(sources),
        )


def _failure_counts(counts: Iterable[tuple[str, int]]) -> list[FailureCount]:
    return [FailureCount(name=name, failures=number) for name, number in counts]


def _periods(days: Sequence[tuple[date, str, int]], by: Span, now: datetime) -> list[AuditPeriod]:
    """Return a period for each day or week from the first event until now.

    Periods in the future or far in the past are included only if they have events: another program
    may have recorded any time.
    """
    if not days:
        return []
    today = _period_start(now.astimezone(UTC).date(), by)
    length = timedelta(days=1 if by == "day" else 7)
    starts = {_period_start(day, by) for day, _, _ in days}
    earliest = max(min(starts), today - length * MOST_PERIODS)
    starts |= {today - length * number for number in range((today - earliest) // length + 1)}
    periods = {start: AuditPeriod(start=start.isoformat()) for start in sorted(starts)}
    for day, tag, number in days:
        period, name = periods[_period_start(day, by)], COUNTED_TAGS[AuditTag(tag)]
        setattr(period, name, getattr(period, name) + number)
    return list(periods.values())


def _period_start(day: date, by: Span) -> date:
    """Return the first day of the period that contains a day; a week begins on Monday."""
    return day if by == "day" else day - timedelta(days=day.weekday())


def _parse_date(stored: Any) -> date | None:
    """Return the day of a stored time; None if another program stored something else."""
    try:
        return read_time(stored).date()
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
