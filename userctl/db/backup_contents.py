"""What a backup holds, of whatever kind of database it is."""

from datetime import UTC, datetime
from typing import NamedTuple

from userctl.db.schema.revisions import VERSION_TABLE

COUNTED = ("users", "deleted_users", "refresh_tokens", "api_tokens", "audit_events")
"""The tables of which the rows are counted."""

READ = (*COUNTED, VERSION_TABLE)
"""All tables that are read."""


class BackupContents(NamedTuple):
    """What is in a backup.

    Attributes:
        revision: the revision of its schema; None if userctl never migrated it.
        counts: how many rows each of the tables has; None for those that it has not.
        last_event_at: the time of the last event of its audit trail.
        taken_at: when it was made, if it says so.
    """

    revision: str | None
    counts: dict[str, int | None]
    last_event_at: datetime | None
    taken_at: datetime | None = None


def stored_time(text: str | None) -> datetime | None:
    """Return a time as a database writes it, without a zone in UTC; None if it is not a time."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
