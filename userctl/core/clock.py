"""The only place that reads the clock; everything else is given the time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""A function that returns the current time as an aware UTC datetime."""

LONGEST_SPAN = timedelta(days=36_500)
"""The longest duration that is accepted; with it no time leaves the years 1 to 9999."""


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)
