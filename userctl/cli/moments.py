"""Times as people type them: a moment, a day, or how long ago."""

from datetime import UTC, datetime, timedelta

from userctl.core.errors import InvalidInput
from userctl.schemas.timestamp import parse_duration


def parse_moment(text: str) -> datetime | timedelta:
    """Parse a time, a day (its beginning in UTC) or a duration.

    Raises:
        InvalidInput: if it is none of these.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"The time {text[:40]} is out of range.") from None
    except ValueError:
        pass
    try:
        return parse_duration(text)
    except InvalidInput:
        raise InvalidInput(
            f"'{text[:40]}' is neither a time nor a duration.",
            hint="Write it as 2026-01-31, 2026-01-31T12:00:00Z, 12h or 7d.",
        ) from None
