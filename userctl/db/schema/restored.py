"""What is done to restored data before they are there: some may have been revoked since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Connection, Update, column, inspect, not_, or_, table, update

from userctl.db.schema.revisions import VERSION_TABLE, current_revision, has_trail, revisions
from userctl.models.types import UTCDateTime

_SESSIONS = table(
    "refresh_tokens",
    column("revoked", Boolean()),
    column("expires_at", UTCDateTime()),
    column("updated_at", UTCDateTime()),
)
_API_TOKENS = table(
    "api_tokens", column("revoked_at", UTCDateTime()), column("expires_at", UTCDateTime())
)
"""Columns that every revision with these tables has."""


@dataclass(frozen=True)
class Endings:
    """What a restore ends in the data that it restores.

    Attributes:
        sessions: whether to revoke the refresh tokens in force.
        api_tokens: whether to revoke the API tokens in force.
        now: the time.
    """

    sessions: bool
    api_tokens: bool
    now: datetime

    def statements(self, tables: Collection[str]) -> dict[str, Update]:
        """Return the statements for the tables of a backup that is ours, by their tables."""
        found: dict[str, Update] = {}
        if VERSION_TABLE not in tables:
            return found
        if self.sessions and "refresh_tokens" in tables:
            in_force = (not_(_SESSIONS.c.revoked), _SESSIONS.c.expires_at > self.now)
            ended = update(_SESSIONS).where(*in_force)
            found["refresh_tokens"] = ended.values(revoked=True, updated_at=self.now)
        if self.api_tokens and "api_tokens" in tables:
            ends = _API_TOKENS.c.expires_at
            in_force = (_API_TOKENS.c.revoked_at.is_(None), or_(ends.is_(None), ends > self.now))
            found["api_tokens"] = update(_API_TOKENS).where(*in_force).values(revoked_at=self.now)
        return found


def end_restored(connection: Connection, endings: Endings) -> dict[str, int]:
    """End what a restored database has in force, and return how many rows of each table."""
    statements = endings.statements(inspect(connection).get_table_names())
    return {name: connection.execute(each).rowcount for name, each in statements.items()}


def takes_events(connection: Connection) -> bool:
    """Tell whether a restored database has an audit trail that this userctl can continue."""
    return current_revision(connection) in revisions() and has_trail(connection)
