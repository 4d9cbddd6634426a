"""Revokes restored sessions and tokens, which may have been revoked since the backup."""

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
class RestoreRevocations:
    """What a restore revokes in the data that it restores.

    Attributes:
        sessions: whether to revoke the refresh tokens in force.
        api_tokens: whether to revoke the API tokens in force.
        now: the time.
    """

    sessions: bool
    api_tokens: bool
    now: datetime

    def statements(self, tables: Collection[str]) -> dict[str, Update]:
        """Return the statements by table, none for a backup that userctl did not make."""
        statements: dict[str, Update] = {}
        if VERSION_TABLE not in tables:
            return statements
        if self.sessions and "refresh_tokens" in tables:
            in_force = (not_(_SESSIONS.c.revoked), _SESSIONS.c.expires_at > self.now)
            revocation = update(_SESSIONS).where(*in_force)
            statements["refresh_tokens"] = revocation.values(revoked=True, updated_at=self.now)
        if self.api_tokens and "api_tokens" in tables:
            ends = _API_TOKENS.c.expires_at
            in_force = (_API_TOKENS.c.revoked_at.is_(None), or_(ends.is_(None), ends > self.now))
            statements["api_tokens"] = (
                update(_API_TOKENS).where(*in_force).values(revoked_at=self.now)
            )
        return statements


def revoke_restored(connection: Connection, revocations: RestoreRevocations) -> dict[str, int]:
    """Revoke what is in force in a restored database, and return how many rows of each table."""
    statements = revocations.statements(inspect(connection).get_table_names())
    return {name: connection.execute(statement).rowcount for name, statement in statements.items()}


def can_continue_trail(connection: Connection) -> bool:
    """Tell whether a restored database has an audit trail that this userctl can continue."""
    return current_revision(connection) in revisions() and has_trail(connection)
