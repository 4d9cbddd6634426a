"""Addresses shared by users who are left to the application."""

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from userctl.db.adoption.change import Apply, Change, step
from userctl.repositories.shared_addresses import (
    HAS_OWN_ADDRESS,
    SHARED_ADDRESS_INDEX,
    index_names,
)

_SHARED_ADDRESS = text(
    "SELECT 1 FROM users WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1 LIMIT 1"
)


def shares_addresses(connection: Connection) -> bool:
    """Tell whether several users have the same address, as it is stored."""
    return connection.execute(_SHARED_ADDRESS).first() is not None


def sharing_changes(connection: Connection) -> Iterator[Change]:
    """Yield the steps that make addresses unique, except those of users left to the application."""
    indexes = inspect(connection).get_indexes("users")
    if not any(index["name"] in index_names() for index in indexes):
        name = free_index_name(connection, SHARED_ADDRESS_INDEX)
        # The condition is about columns that the migrations add.
        yield step(
            "users",
            "email",
            "make it unique, except for users who are left to the application",
            lambda op: op.create_index(
                name, "users", ["email"], unique=True,
                postgresql_where=HAS_OWN_ADDRESS, sqlite_where=HAS_OWN_ADDRESS,
            ),
            late=True,
        )  # fmt: skip
    # That index finds no user by the address alone.
    if not any(i["column_names"][:1] == ["email"] and not is_partial(i) for i in indexes):
        index = free_index_name(connection, "ix_users_email")
        yield step(
            "users", "email", "add an index", lambda op: op.create_index(index, "users", ["email"])
        )


def no_longer_sharing_changes(connection: Connection) -> Iterator[Change]:
    """Yield the step that drops the index that :func:`sharing_changes` created."""
    for index in inspect(connection).get_indexes("users"):
        if (name := index["name"]) in index_names():
            detail = "drop the index that leaves users out, because none share an address any more"
            yield step("users", "email", detail, _drop(str(name)))


def free_index_name(connection: Connection, name: str) -> str:
    """Return an unused name for an index; the application may have a partial one of this name."""
    if connection.dialect.name == "postgresql":
        existing = connection.scalar(text("SELECT to_regclass(quote_ident(:name))"), {"name": name})
    else:
        query = "SELECT 1 FROM sqlite_schema WHERE name = :name COLLATE NOCASE"
        existing = connection.scalar(text(query), {"name": name})
    return name if existing is None else f"userctl_{name}"


def is_partial(index: ReflectedIndex) -> bool:
    """Tell whether an index covers only some rows."""
    options = index.get("dialect_options", {})
    return any(options.get(f"{dialect}_where") is not None for dialect in ("postgresql", "sqlite"))


def _drop(name: str) -> Apply:
    return lambda op: op.drop_index(name, "users")
