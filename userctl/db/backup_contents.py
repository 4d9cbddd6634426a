"""The contents of a backup, of either kind of database."""

from datetime import UTC, datetime
from typing import NamedTuple

from userctl.db.schema.revisions import VERSION_TABLE

COUNTED_TABLES = ("users", "deleted_users", "refresh_tokens", "api_tokens", "audit_events")
"""The tables whose rows are counted."""

READ_TABLES = (*COUNTED_TABLES, VERSION_TABLE)
"""All tables that are read from a backup."""


class BackupContents(NamedTuple):
    """The contents of a backup.

    Attributes:
        revision: the revision of its schema; None if userctl never migrated it.
        counts: how many rows each of the tables has; None for missing tables.
        last_event_at: the time of the last event of its audit trail.
        taken_at: when it was taken, if it says so.
    """

    revision: str | None
    counts: dict[str, int | None]
    last_event_at: datetime | None
    taken_at: datetime | None = None


def parse_stored_time(text: str | None) -> datetime | None:
    """Parse a time that a database wrote, in UTC if it has no zone; None if it is not a time."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
