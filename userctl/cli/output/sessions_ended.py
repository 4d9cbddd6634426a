"""Describes what a change ended, and how long access tokens stay valid."""

from datetime import datetime, timedelta

from userctl.core.clock import utc_now
from userctl.core.text import pluralize, rfc3339


def describe_ended(valid_until: datetime | None, **counts: int) -> str:
    """Return what ended: ``2 sessions ended; access tokens stay valid until ...``, or nothing.

    Args:
        valid_until: when the last access token expires; None if there is none.
        counts: how many were active and ended, by their noun.
    """
    parts = [pluralize(count, noun.replace("_", " ")) for noun, count in counts.items() if count]
    ends = f"{' and '.join(parts)} ended" if parts else ""
    return "; ".join(filter(None, (ends, describe_validity(valid_until))))


def describe_validity(valid_until: datetime | None) -> str:
    """Return how long access tokens stay valid; an empty text if there are none."""
    if valid_until is None:
        return ""
    return f"access tokens stay valid until {_minute(valid_until, utc_now())}"


def _minute(time: datetime, now: datetime) -> str:
    """Return a time rounded up to the minute, without the date if that is today."""
    rounded = time if time.second == time.microsecond == 0 else time + timedelta(minutes=1)
    text = rfc3339(rounded)
    date, minute = text[:10], text[11:16]
    return f"{minute}Z" if date == rfc3339(now)[:10] else f"{date} {minute}Z"
