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

COUNTED = {
    AuditTag.LOGIN_SUCCESS: "logins",
    AuditTag.LOGIN_FAILURE: "failures",
    AuditTag.ACCOUNT_CREATE: "created",
    AuditTag.ACCOUNT_DISABLE: "disabled",
}
"""The tags that are counted, and the numbers of a period."""

LONGEST = 4000
"""How many periods before now are there although nothing happened in them."""

TOP = 5
"""How many addresses and sources are named."""


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
            on_unreadable: told of each event whose time cannot be read, which is in no period;
                None raises an error instead.

        Raises:
            InvalidInput: if the user is neither an id nor an address.
        """
        now = self._clock()
        since = now - query.since if isinstance(query.since, timedelta) else query.since
        about = AuditQuery(user=query.user, since=since)
        with self._database.snapshot() as uow:
            counted = replace(event_filter(uow, about, now), tags=tuple(COUNTED))
            failed = replace(counted, tags=(AuditTag.LOGIN_FAILURE,))
            found = uow.audit_summary.count_by_day(counted)
            days = [(day, tag, number) for text, tag, number in found if (day := _date(text))]
            odd = list(dict.fromkeys(text for text, _, _ in found if not _date(text)))
            unreadable = uow.audit_summary.ids_of_days(counted, odd) if odd else []
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
            failing_addresses=_failures(addresses),
            failing_sources=_failures(sources),
        )


def _failures(found: Iterable[tuple[str, int]]) -> list[FailureCount]:
    return [FailureCount(name=name, failures=number) for name, number in found]


def _periods(days: Sequence[tuple[date, str, int]], by: Span, now: datetime) -> list[AuditPeriod]:
    """Return a period for each day or week from the first event until now.

    What lies after now, or long before, is there only if an event is: another program may have
    recorded any time.
    """
    if not days:
        return []
    today = _start(now.astimezone(UTC).date(), by)
    length = timedelta(days=1 if by == "day" else 7)
    starts = {_start(day, by) for day, _, _ in days}
    earliest = max(min(starts), today - length * LONGEST)
    starts |= {today - length * number for number in range((today - earliest) // length + 1)}
    periods = {start: AuditPeriod(start=start.isoformat()) for start in sorted(starts)}
    for day, tag, number in days:
        period, name = periods[_start(day, by)], COUNTED[AuditTag(tag)]
        setattr(period, name, getattr(period, name) + number)
    return list(periods.values())


def _start(day: date, by: Span) -> date:
    """Return the first day of the period of a day; a week begins on Monday."""
    return day if by == "day" else day - timedelta(days=day.weekday())


def _date(found: Any) -> date | None:
    """Return the day of what was counted; None if another program left what is not a time."""
    try:
        return read_time(found).date()
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
