"""Addresses that are missing, or that several users have who were left to the application.

Such a user is disabled, while the hash is where the application finds it. Everyone else has an
address of their own, of which a partial index makes sure.
"""

from typing import Any

from sqlalchemy import Connection, and_, literal, select, text
from sqlmodel import col

from userctl.models import User

SHARED_ADDRESS_INDEX = "uq_users_email_own"
"""The unique index on the addresses of those who were not left to the application. It exists only
where several of those who were left have the same address."""

_DISABLED: Any = col(User.disabled_at).is_not(None)

LEFT_OUT: Any = and_(_DISABLED, col(User.disabled_hash).is_(None))
"""The condition that a user was left to the application."""

OWN_ADDRESS = text("disabled_at IS NULL OR disabled_hash IS NOT NULL")
"""The opposite, for the index."""

OWNER_FIRST: list[Any] = [_DISABLED, col(User.id)]
"""The order in which the user stands first who has an address by right."""


def may_share_addresses(connection: Connection) -> bool:
    """Tell whether several users may have the same address."""
    names = dict(zip(("one", "other"), index_names(), strict=True))
    if connection.dialect.name == "postgresql":
        query = "SELECT 1 WHERE coalesce(to_regclass(:one), to_regclass(:other)) IS NOT NULL"
    else:
        query = "SELECT 1 FROM sqlite_schema WHERE name IN (:one, :other)"
    return connection.execute(text(query), names).first() is not None


def index_names() -> tuple[str, str]:
    """Return the names that the index may have; the second if an application has the first."""
    return SHARED_ADDRESS_INDEX, f"userctl_{SHARED_ADDRESS_INDEX}"


def has_address_each(connection: Connection) -> bool:
    """Tell whether all users have an address, and no two the same."""
    missing = select(literal(1)).where(col(User.email).is_(None)).limit(1)
    return not (may_share_addresses(connection) or connection.execute(missing).first())
