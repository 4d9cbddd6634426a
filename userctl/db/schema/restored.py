"""What is done to a restored database, whose schema may be an older one."""

from datetime import datetime

from sqlalchemy import Boolean, Connection, column, not_, table, update

from userctl.models.types import UTCDateTime

_TOKENS = table(
    "refresh_tokens",
    column("revoked", Boolean()),
    column("expires_at", UTCDateTime()),
    column("updated_at", UTCDateTime()),
)
"""Columns that every revision has."""


def revoke_refresh_tokens(connection: Connection, now: datetime) -> int:
    """Revoke all refresh tokens in force, and return how many these were."""
    statement = update(_TOKENS).where(not_(_TOKENS.c.revoked), _TOKENS.c.expires_at > now)
    return connection.execute(statement.values(revoked=True, updated_at=now)).rowcount
