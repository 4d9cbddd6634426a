"""Timestamps as people and files write them."""

from datetime import UTC, datetime

from userctl.core.errors import InvalidInput
from userctl.core.text import quote


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
