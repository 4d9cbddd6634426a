"""Says how many sessions a change ended, and how long their access tokens live on."""

from datetime import datetime, timedelta

from userctl.core.clock import utc_now
from userctl.core.text import rfc3339


def sessions_ended(count: int, valid_until: datetime | None) -> str:
    """Return what became of sessions: ``2 sessions ended; access tokens stay valid until ...``.

    Args:
        count: how many active sessions were ended.
        valid_until: when the last access token expires; None if there is none.
    """
    ended = f"{count or 'no'} session{'' if count == 1 else 's'} ended"
    lasting = access_tokens_last(valid_until)
    return f"{ended}; {lasting}" if lasting else ended


def access_tokens_last(valid_until: datetime | None) -> str:
    """Return how long access tokens stay valid; an empty text if there are none."""
    if valid_until is None:
        return ""
    return f"access tokens stay valid until {_minute(valid_until, utc_now())}"


def _minute(time: datetime, now: datetime) -> str:
    """Return a time to the minute, which is not before it, and without the date of today."""
    whole = time if time.second == time.microsecond == 0 else time + timedelta(minutes=1)
    text = rfc3339(whole)
    date, minute = text[:10], text[11:16]
    return f"{minute}Z" if date == rfc3339(now)[:10] else f"{date} {minute}Z"
