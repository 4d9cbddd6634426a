"""Timestamps as people and files write them."""

from datetime import UTC, datetime, timedelta

from userctl.core.clock import LONGEST_SPAN
from userctl.core.errors import InvalidInput
from userctl.core.text import quote


def check_span(span: timedelta) -> timedelta:
    """Return a duration.

    Raises:
        InvalidInput: if it is negative or too long.
    """
    if not timedelta() <= span <= LONGEST_SPAN:
        raise InvalidInput(f"A duration is from 0 to {LONGEST_SPAN.days:,} days long, not {span}.")
    return span


def check_aware(time: datetime) -> datetime:
    """Return a time.

    Raises:
        InvalidInput: if it has no time zone.
    """
    if time.tzinfo is None:
        raise InvalidInput(f"The time {time} has no time zone.")
    return time


def parse_timestamp(text: str) -> datetime:
    """Return the time that a text stands for, in UTC.

    Raises:
        InvalidInput: if it is not an RFC 3339 timestamp, or no time in UTC corresponds to it.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"Not an RFC 3339 timestamp: {quote(text)}.") from None
    if time.tzinfo is None:
        raise InvalidInput(f"The timestamp {quote(text)} has no time zone. End it with Z.")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"The timestamp {quote(text)} is not in the years 1 to 9999.") from None
