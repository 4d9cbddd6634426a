"""The columns of an application's tables: those that are missing, and those that cannot serve."""

from collections.abc import Iterator
from typing import Any

from alembic.operations import Operations
from sqlalchemy import CHAR, Boolean, Column, Connection, DateTime, Enum, Integer, String, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import NullType, TypeEngine

from userctl.db.adoption.change import Apply, Change, problem, step, warning
from userctl.db.schema.migrations import first_revision

TABLES = ("users", "refresh_tokens")
ADDED = {"name", "role", "revoked", "created_at", "updated_at"}
"""What can be added to a table that does without it; everything else only its application knows."""

DIGEST_LENGTH = 64
HASH_LENGTH = 60
"""How many characters the hexadecimal form of a SHA-256, and a bcrypt hash, have."""


def wanted_columns(table: str) -> dict[str, Column[Any]]:
    """Return the columns that the first migration makes."""
    return {column.name: column for column in getattr(first_revision(), f"{table}_columns")()}


def present_columns(connection: Connection, table: str) -> dict[str, ReflectedColumn]:
    """Return the columns that a table has."""
    return {column["name"]: column for column in inspect(connection).get_columns(table)}


def column_changes(connection: Connection, table: str) -> Iterator[Change]:
    """Yield what has to become of the columns of a table."""
    present = present_columns(connection, table)
    for name, wanted in wanted_columns(table).items():
        if name in present:
            yield from _misfit(connection, table, present[name], wanted)
        elif name in ADDED:
            yield step(table, name, "add the column", _addition(connection, table, wanted))
            if name == "revoked":
                yield warning(table, name, "no token that is there counts as revoked")
        else:
            yield problem(table, name, "there is no such column; rename the one that holds this")
    yield from _unnumbered(connection, table, present)
    for name, column in present.items():
        if name not in wanted_columns(table) and _has_to_be_given(column):
            yield problem(
                table, name, "userctl leaves this column out; give it a default or allow null"
            )
    if table == "users" and "name" in present and _has_to_be_given(present["name"]):
        yield warning(table, "name", "null is not allowed: give --name to 'user create'")


def added_later(connection: Connection, name: str) -> bool:
    """Tell whether SQLite adds a column without the default that it has elsewhere.

    It takes only constants as defaults of new columns.
    """
    return connection.dialect.name == "sqlite" and name in {"created_at", "updated_at"}


def _addition(connection: Connection, table: str, wanted: Column[Any]) -> Apply:
    def apply(op: Operations) -> None:
        if not added_later(connection, wanted.name):
            op.add_column(table, wanted)
            return
        op.add_column(table, Column(wanted.name, wanted.type))
        op.execute(f"UPDATE {table} SET {wanted.name} = CURRENT_TIMESTAMP")  # noqa: S608

    return apply


def _misfit(
    connection: Connection, table: str, present: ReflectedColumn, wanted: Column[Any]
) -> Iterator[Change]:
    name, kind = wanted.name, present["type"]
    if not _serves(kind, wanted.type, connection.dialect.name):
        told = "no type" if isinstance(kind, NullType) else kind.compile(connection.dialect)
        needed = wanted.type.compile(connection.dialect)
        yield problem(table, name, f"the type is {told}; userctl needs {needed} or its like")
    elif connection.dialect.name == "postgresql" and isinstance(kind, String):
        # SQLite holds texts of any length in any column.
        if isinstance(kind, CHAR):
            yield problem(table, name, "char pads values with spaces; make it varchar")
        length = kind.length or DIGEST_LENGTH
        if name == "hashed_password" and length < HASH_LENGTH:
            yield problem(table, name, f"it holds {length} characters; a hash has {HASH_LENGTH}")
        if name == "token" and length < DIGEST_LENGTH:
            yield step(
                table,
                name,
                f"widen the column from {length} characters",
                lambda op: op.alter_column(table, name, type_=wanted.type),
            )


def _serves(kind: TypeEngine[Any], wanted: TypeEngine[Any], dialect: str) -> bool:
    if isinstance(wanted, String):
        # An enumeration of PostgreSQL takes no text that says it is text.
        return isinstance(kind, String) and not isinstance(kind, Enum)
    if dialect == "sqlite":
        loose = {DateTime: (DateTime, String), Boolean: (Boolean, Integer)}
        return isinstance(kind, loose.get(type(wanted), type(wanted)))
    return isinstance(kind, (Integer, DateTime, Boolean)) and isinstance(kind, type(wanted))


def _unnumbered(
    connection: Connection, table: str, present: dict[str, ReflectedColumn]
) -> Iterator[Change]:
    """Yield what keeps the rows of a table from being numbered by the database."""
    if "id" not in present or not isinstance(present["id"]["type"], Integer):
        return
    key = inspect(connection).get_pk_constraint(table)["constrained_columns"]
    if key != ["id"]:
        yield problem(table, "id", "it has to be the primary key")
    elif connection.dialect.name == "postgresql":
        if not (present["id"].get("identity") or present["id"]["default"]):
            yield problem(table, "id", "rows get no number by themselves; make it an identity")
    else:
        rows = connection.exec_driver_sql(f"PRAGMA table_info({table})")
        if not any(row.name == "id" and row.type.upper() == "INTEGER" for row in rows):
            yield problem(table, "id", "only the very type INTEGER gets numbers by itself")


def _has_to_be_given(column: ReflectedColumn) -> bool:
    by_itself = column.get("default") or column.get("identity") or column.get("computed")
    return not column["nullable"] and not by_itself
