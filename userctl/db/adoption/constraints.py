"""What makes addresses and tokens unique, and binds tokens to their accounts."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Inspector, String, inspect
from sqlalchemy.engine.interfaces import ReflectedIndex

from userctl.db.adoption.change import (
    Apply,
    Change,
    executing,
    problem,
    rows_where,
    step,
)
from userctl.db.adoption.columns import present_columns
from userctl.db.maintenance.inspection import TOKENS_END, lacks_trigger

ASIDE_LENGTH = 128
"""How long a hash may be that is put aside, where the migrations made the column."""

_UNIQUE = {"users": "email", "refresh_tokens": "token"}
_TOKENS_END_TRIGGER = f"""
CREATE TRIGGER {TOKENS_END} BEFORE DELETE ON users
BEGIN
    DELETE FROM refresh_tokens WHERE user_id = OLD.id;
    DELETE FROM api_tokens WHERE user_id = OLD.id;
END
"""  # noqa: S608


def unique_changes(connection: Connection, table: str) -> Iterator[Change]:
    """Yield what makes addresses, or tokens, unique."""
    name = _UNIQUE[table]
    if _is_unique(inspect(connection), table, name):
        return
    if table == "refresh_tokens":
        more = f"token IN (SELECT token FROM {table} GROUP BY token HAVING count(*) > 1)"  # noqa: S608
        count, ids = rows_where(connection, table, more)
        if count:
            yield problem(table, name, "several rows have the same token", rows=count, ids=ids)
    constraint, columns = f"uq_{table}_{name}", [name]
    if connection.dialect.name == "postgresql":
        yield step(table, name, "make it unique",
                   lambda op: op.create_unique_constraint(constraint, table, columns))  # fmt: skip
    else:
        yield step(table, name, "make it unique",
                   lambda op: op.create_index(constraint, table, columns, unique=True))  # fmt: skip


def _is_unique(inspector: Inspector, table: str, column: str) -> bool:
    constraints = [found["column_names"] for found in inspector.get_unique_constraints(table)]
    indexes = [
        index["column_names"]
        for index in inspector.get_indexes(table)
        if index["unique"] and not is_partial(index)
    ]
    return [column] in [*constraints, *indexes]


def is_partial(index: ReflectedIndex) -> bool:
    """Tell whether an index leaves rows out."""
    options = index.get("dialect_options", {})
    return bool(options.get("postgresql_where") or options.get("sqlite_where"))


def reference_changes(connection: Connection) -> Iterator[Change]:
    """Yield what lets refresh tokens go with their account, and lets them be found by it."""
    inspector = inspect(connection)
    keys = [
        key
        for key in inspector.get_foreign_keys("refresh_tokens")
        if key["constrained_columns"] == ["user_id"] and key["referred_table"] == "users"
    ]
    others = [str(key["name"]) for key in keys if key["options"].get("ondelete") != "CASCADE"]
    cascades = len(keys) > len(others)
    if connection.dialect.name == "postgresql":
        yield from _foreign_key(others, cascades=cascades)
    indexes = inspector.get_indexes("refresh_tokens")
    if not any(index["column_names"][:1] == ["user_id"] for index in indexes):
        yield step(
            "refresh_tokens",
            "user_id",
            "add an index",
            lambda op: op.create_index("ix_refresh_tokens_user_id", "refresh_tokens", ["user_id"]),
        )


def tokens_end_changes(connection: Connection) -> Iterator[Change]:
    """Yield what lets tokens of SQLite go with their account, and pass to no other.

    SQLite cannot change the foreign keys of a table, which count only for who switches them on,
    and may give the id of the last account to the next one. The trigger names a table of ours, so
    this comes after the migrations.
    """
    if connection.dialect.name == "sqlite" and lacks_trigger(connection):
        told = "a trigger ends the tokens of an account that is deleted"
        yield step("users", "id", told, executing(_TOKENS_END_TRIGGER))


def _foreign_key(others: Sequence[str], *, cascades: bool) -> Iterator[Change]:
    for name in others:
        told = "drop the foreign key, which keeps accounts from being deleted"
        yield step("refresh_tokens", name, told, _dropping(name))
    if not cascades:
        yield step(
            "refresh_tokens",
            "user_id",
            "add a foreign key with ON DELETE CASCADE",
            lambda op: op.create_foreign_key(
                "fk_refresh_tokens_user_id", "refresh_tokens", "users", ["user_id"], ["id"],
                ondelete="CASCADE",
            ),
        )  # fmt: skip


def _dropping(name: str) -> Apply:
    return lambda op: op.drop_constraint(name, "refresh_tokens")


def width_changes(connection: Connection) -> Iterator[Change]:
    """Yield what lets the hash of a disabled account be put aside, however long it is."""
    if connection.dialect.name == "sqlite":
        return
    present = present_columns(connection, "users")
    hashed = present["hashed_password"]["type"]
    aside = present["disabled_hash"]["type"] if "disabled_hash" in present else String(ASIDE_LENGTH)
    assert isinstance(hashed, String)
    assert isinstance(aside, String)
    if aside.length is not None and (hashed.length is None or hashed.length > aside.length):
        told = "make it as wide as hashed_password"
        yield step("users", "disabled_hash", told,
                   lambda op: op.alter_column("users", "disabled_hash", type_=hashed))  # fmt: skip
