"""Times that options take as a day, a time or how long ago it was."""

from datetime import UTC, datetime, timedelta

from userctl.cli.options import parse_duration
from userctl.core.errors import InvalidInput


def parse_since(text: str | None) -> datetime | timedelta | None:
    """Parse a time, a day (its beginning in UTC) or a duration.

    Raises:
        InvalidInput: for any other text.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
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
