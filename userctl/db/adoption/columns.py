"""The columns of the application's tables: missing ones, and those of an unusable type."""

from collections.abc import Iterator, Sequence
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Enum,
    Integer,
    Row,
    String,
    inspect,
)
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import NullType, TypeEngine

from userctl.db.adoption.change import Apply, Change, problem, step, warning
from userctl.db.adoption.widening import widening_change
from userctl.db.schema.migrations import first_revision

TABLES = ("users", "refresh_tokens")
ADDABLE_COLUMNS = {"name", "role", "revoked", "created_at", "updated_at"}
"""Columns that can be added when they are missing; only the application knows the others."""

DIGEST_LENGTH = 64
HASH_LENGTH = 60
"""The lengths of a SHA-256 in hexadecimal and of a bcrypt hash, in characters."""


def wanted_columns(table: str) -> dict[str, Column[Any]]:
    """Return the columns that the first migration creates."""
    return {column.name: column for column in getattr(first_revision(), f"{table}_columns")()}


def present_columns(connection: Connection, table: str) -> dict[str, ReflectedColumn]:
    """Return the existing columns of a table."""
    return {column["name"]: column for column in inspect(connection).get_columns(table)}


def column_changes(connection: Connection, table: str) -> Iterator[Change]:
    """Yield the changes and the problems of the columns of a table."""
    present = present_columns(connection, table)
    for name, column in wanted_columns(table).items():
        if name in present:
            yield from _type_changes(connection, table, present[name], column)
        elif name in ADDABLE_COLUMNS:
            yield step(table, name, "add the column", _add_column(connection, table, column))
            if name == "revoked":
                yield warning(table, name, "existing tokens count as not revoked")
        else:
            yield problem(table, name, "the column is missing; rename the column that holds it")
    yield from _numbering_problems(connection, table, present)
    yield from _unfilled_column_problems(table, present)
    if table == "refresh_tokens":
        yield from _owner_changes(connection, present.get("user_id"))


def _unfilled_column_problems(table: str, present: dict[str, ReflectedColumn]) -> Iterator[Change]:
    """Yield problems and warnings about columns that need a value which userctl may not have."""
    for name, column in present.items():
        if name not in wanted_columns(table) and _needs_value(column):
            yield problem(
                table, name, "userctl does not fill this column; give it a default or allow null"
            )
    if table == "users" and "name" in present and _needs_value(present["name"]):
        yield warning(table, "name", "null is not allowed; pass --name to 'user create'")


def _owner_changes(connection: Connection, owner: ReflectedColumn | None) -> Iterator[Change]:
    """Yield the step that makes room for all user ids in the tokens; SQLite never needs it."""
    user = present_columns(connection, "users").get("id")
    if owner is None or user is None or connection.dialect.name == "sqlite":
        return
    if isinstance(user["type"], BigInteger) and not isinstance(owner["type"], BigInteger):
        detail = "widen the column to the 64 bits of users.id"
        yield step(
            "refresh_tokens",
            "user_id",
            detail,
            lambda op: op.alter_column("refresh_tokens", "user_id", type_=BigInteger()),
        )


def is_added_without_default(connection: Connection, name: str) -> bool:
    """Tell whether SQLite must add a column without its default.

    SQLite accepts only constants as defaults of added columns.
    """
    return connection.dialect.name == "sqlite" and name in {"created_at", "updated_at"}


def _add_column(connection: Connection, table: str, column: Column[Any]) -> Apply:
    def apply(op: Operations) -> None:
        if not is_added_without_default(connection, column.name):
            op.add_column(table, column)
            return
        op.add_column(table, Column(column.name, column.type))
        op.execute(f"UPDATE {table} SET {column.name} = CURRENT_TIMESTAMP")  # noqa: S608

    return apply


def _type_changes(
    connection: Connection, table: str, present: ReflectedColumn, needed: Column[Any]
) -> Iterator[Change]:
    name, kind = needed.name, present["type"]
    if present.get("computed"):
        yield problem(table, name, "the column is generated from others; userctl has to write it")
    if not _is_usable(kind, needed.type, connection.dialect.name):
        present_type = "no type" if isinstance(kind, NullType) else kind.compile(connection.dialect)
        needed_type = needed.type.compile(connection.dialect)
        yield problem(
            table,
            name,
            f"the type is {present_type}; userctl needs {needed_type} or a similar type",
        )
    elif connection.dialect.name == "postgresql" and isinstance(kind, String):
        # SQLite stores text of any length in any column.
        if isinstance(kind, CHAR):
            yield problem(table, name, "char pads values with spaces; make it varchar")
        length = kind.length or DIGEST_LENGTH
        if name == "hashed_password" and length < HASH_LENGTH:
            yield problem(
                table, name, f"the column holds {length} characters; a hash has {HASH_LENGTH}"
            )
        if name == "token" and length < DIGEST_LENGTH:
            detail = f"widen the column from {length} characters"
            yield widening_change(connection, table, name, detail, needed.type)


def _is_usable(kind: TypeEngine[Any], needed: TypeEngine[Any], dialect: str) -> bool:
    if isinstance(needed, String):
        # PostgreSQL does not compare an enumeration with a parameter of type text.
        return isinstance(kind, String) and not isinstance(kind, Enum)
    if dialect == "sqlite":
        accepted = {DateTime: (DateTime, String), Boolean: (Boolean, Integer)}
        return isinstance(kind, accepted.get(type(needed), type(needed)))
    return isinstance(kind, (Integer, DateTime, Boolean)) and isinstance(kind, type(needed))


def _numbering_problems(
    connection: Connection, table: str, present: dict[str, ReflectedColumn]
) -> Iterator[Change]:
    """Yield the problems that keep the database from generating the ids of a table."""
    if "id" not in present or not isinstance(present["id"]["type"], Integer):
        return
    key = inspect(connection).get_pk_constraint(table)["constrained_columns"]
    if key != ["id"]:
        yield problem(table, "id", "the column must be the primary key")
    elif connection.dialect.name == "postgresql":
        if not (present["id"].get("identity") or present["id"]["default"]):
            yield problem(table, "id", "the database generates no ids; make the column an identity")
    else:
        rows = connection.exec_driver_sql(f"PRAGMA table_info({table})")
        if not any(row.name == "id" and row.type.upper() == "INTEGER" for row in rows):
            yield problem(table, "id", "SQLite generates ids only for the exact type INTEGER")
        elif any(row.origin == "pk" for row in _indexes(connection, table)):
            # The key of a table WITHOUT ROWID, and one that is DESC, have an index of their own.
            detail = "SQLite generates no ids for a key that is DESC or of a table WITHOUT ROWID"
            yield problem(table, "id", detail)


def _indexes(connection: Connection, table: str) -> Sequence[Row[Any]]:
    return connection.exec_driver_sql(f"PRAGMA index_list({table})").all()


def _needs_value(column: ReflectedColumn) -> bool:
    generator = column.get("default") or column.get("identity") or column.get("computed")
    return not column["nullable"] and not generator
