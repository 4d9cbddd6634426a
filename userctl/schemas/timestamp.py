"""Timestamps and durations as people and files write them."""

import re
from datetime import UTC, datetime, timedelta

from userctl.core.clock import LONGEST_SPAN
from userctl.core.errors import InvalidInput
from userctl.core.text import quote

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def check_span(span: timedelta) -> timedelta:
    """Return a duration.

    Raises:
        InvalidInput: if it is negative or too long.
    """
    if not timedelta() <= span <= LONGEST_SPAN:
        raise InvalidInput(f"A duration must be 0 to {LONGEST_SPAN.days:,} days long, not {span}.")
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
    """Parse an RFC 3339 timestamp, and return it in UTC.

    Raises:
        InvalidInput: if the text is not such a timestamp, or is out of range in UTC.
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


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as ``50ms``, ``90s``, ``15m``, ``12h``, ``1d`` or ``2w``.

    Raises:
        InvalidInput: for any other text, and for more than a hundred years.
    """
    match = re.fullmatch(r"([0-9]{1,9})(ms|[smhdw])", text)
    if match is not None:
        seconds = int(match[1]) * _UNITS[match[2]]
        if seconds <= LONGEST_SPAN.total_seconds():
            return timedelta(seconds=seconds)
    raise InvalidInput(
        f"{quote(text)} is not a duration.", hint="Write it as 90s, 15m, 12h, 1d or 2w."
    )
