"""Addresses that are missing, or shared by users who were left to the application.

Such a user is disabled in userctl, but the hash stays where the application finds it. Every other
user has an address of their own, which a partial index ensures.
"""

from typing import Any

from sqlalchemy import Connection, and_, literal, select, text
from sqlmodel import col

from userctl.models import User

SHARED_ADDRESS_INDEX = "uq_users_email_own"
"""The unique index on the addresses of all users but those left to the application. It exists only
where several of those have the same address."""

_IS_DISABLED: Any = col(User.disabled_at).is_not(None)

IS_LEFT_OUT: Any = and_(_IS_DISABLED, col(User.disabled_hash).is_(None))
"""The condition that a user was left to the application."""

HAS_OWN_ADDRESS = text("disabled_at IS NULL OR disabled_hash IS NOT NULL")
"""The opposite, for the index."""

OWNER_FIRST: list[Any] = [_IS_DISABLED, col(User.id)]
"""The order in which the rightful owner of an address comes first."""


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


def all_have_own_address(connection: Connection) -> bool:
    """Tell whether all users have an address, and no two share one."""
    missing = select(literal(1)).where(col(User.email).is_(None)).limit(1)
    return not (may_share_addresses(connection) or connection.execute(missing).first())
