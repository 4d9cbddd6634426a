"""How many logins, failures and changes there were, day by day."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

Span = Literal["day", "week"]


class SummaryQuery(BaseModel):
    """What to count.

    Attributes:
        since: the time of the first event, or how long ago that is.
        by: what a row stands for.
        user: the id or the e-mail address of the user that the events concern; None for all.
    """

    model_config = ConfigDict(frozen=True)

    since: datetime | timedelta = timedelta(days=30)
    by: Span = "day"
    user: str | None = None


class AuditPeriod(BaseModel):
    """The numbers of a day, or of a week from Monday on, in UTC.

    ``start`` is the first day, as in 2026-01-31. ``failures`` counts failed logins, and those that
    were throttled.
    """

    start: str
    logins: int = 0
    failures: int = 0
    created: int = 0
    disabled: int = 0


class FailureCount(BaseModel):
    """How many logins with an address, or from a source, failed."""

    name: str
    failures: int


class AuditSummary(BaseModel):
    """The numbers of a span of time; periods before the first event are left out."""

    since: datetime
    by: Span
    periods: list[AuditPeriod]
    failing_addresses: list[FailureCount]
    failing_sources: list[FailureCount]
