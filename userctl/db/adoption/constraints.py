"""The constraints that make addresses and tokens unique, and tie tokens to their users."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Inspector, String, inspect

from userctl.db.adoption.change import (
    Apply,
    Change,
    problem,
    rows_where,
    run_statements,
    step,
)
from userctl.db.adoption.columns import present_columns
from userctl.db.adoption.sharing import (
    free_index_name,
    is_partial,
    no_longer_sharing_changes,
    shares_addresses,
    sharing_changes,
)
from userctl.db.adoption.widening import widening_change
from userctl.db.maintenance.inspection import TOKEN_TRIGGER, lacks_token_trigger

DISABLED_HASH_LENGTH = 128
"""The length of users.disabled_hash, as the migrations create it."""

_UNIQUE = {"users": "email", "refresh_tokens": "token"}
_CREATE_TOKEN_TRIGGER = f"""
CREATE TRIGGER {TOKEN_TRIGGER} BEFORE DELETE ON users
BEGIN
    DELETE FROM refresh_tokens WHERE user_id = OLD.id;
    DELETE FROM api_tokens WHERE user_id = OLD.id;
END
"""  # noqa: S608


def unique_changes(connection: Connection, table: str) -> Iterator[Change]:
    """Yield the steps that make the addresses or the tokens unique."""
    name = _UNIQUE[table]
    if _is_unique(inspect(connection), table, name):
        return
    if table == "refresh_tokens":
        condition = f"token IN (SELECT token FROM {table} GROUP BY token HAVING count(*) > 1)"  # noqa: S608
        count, ids = rows_where(connection, table, condition)
        if count:
            yield problem(table, name, "several rows have the same token", rows=count, ids=ids)
    elif shares_addresses(connection):
        yield from sharing_changes(connection)
        return
    else:
        yield from no_longer_sharing_changes(connection)
    constraint, columns = free_index_name(connection, f"uq_{table}_{name}"), [name]
    if connection.dialect.name == "postgresql":
        yield step(table, name, "make it unique",
                   lambda op: op.create_unique_constraint(constraint, table, columns))  # fmt: skip
    else:
        yield step(table, name, "make it unique",
                   lambda op: op.create_index(constraint, table, columns, unique=True))  # fmt: skip


def _is_unique(inspector: Inspector, table: str, column: str) -> bool:
    constraints = [
        constraint["column_names"] for constraint in inspector.get_unique_constraints(table)
    ]
    indexes = [
        index["column_names"]
        for index in inspector.get_indexes(table)
        if index["unique"] and not is_partial(index)
    ]
    return [column] in [*constraints, *indexes]


def reference_changes(connection: Connection) -> Iterator[Change]:
    """Yield the steps by which refresh tokens are deleted with their user, and found by user."""
    inspector = inspect(connection)
    keys = [
        key
        for key in inspector.get_foreign_keys("refresh_tokens")
        if key["constrained_columns"] == ["user_id"] and key["referred_table"] == "users"
    ]
    without_cascade = [
        str(key["name"]) for key in keys if key["options"].get("ondelete") != "CASCADE"
    ]
    cascades = len(keys) > len(without_cascade)
    if connection.dialect.name == "postgresql":
        yield from _foreign_key_changes(without_cascade, cascades=cascades)
    indexes = inspector.get_indexes("refresh_tokens")
    if not any(index["column_names"][:1] == ["user_id"] for index in indexes):
        yield step(
            "refresh_tokens",
            "user_id",
            "add an index",
            lambda op: op.create_index("ix_refresh_tokens_user_id", "refresh_tokens", ["user_id"]),
        )


def token_trigger_changes(connection: Connection) -> Iterator[Change]:
    """Yield the step that adds a trigger to delete the tokens of a deleted user on SQLite.

    SQLite cannot change the foreign keys of a table, enforces them only for connections that ask
    for it, and may give the id of a deleted user to a new one, who would inherit the tokens. The
    trigger refers to a table of ours, so this comes after the migrations.
    """
    if connection.dialect.name == "sqlite" and lacks_token_trigger(connection):
        detail = "add a trigger that deletes the tokens of a deleted user"
        yield step("users", "id", detail, run_statements(_CREATE_TOKEN_TRIGGER))


def _foreign_key_changes(names_to_drop: Sequence[str], *, cascades: bool) -> Iterator[Change]:
    for name in names_to_drop:
        detail = "drop the foreign key, which prevents deleting users"
        yield step("refresh_tokens", name, detail, _drop_constraint(name))
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


def _drop_constraint(name: str) -> Apply:
    return lambda op: op.drop_constraint(name, "refresh_tokens")


def width_changes(connection: Connection) -> Iterator[Change]:
    """Yield the step that makes room for the hash of a disabled user, however long it is."""
    if connection.dialect.name == "sqlite":
        return
    present = present_columns(connection, "users")
    hash_type = present["hashed_password"]["type"]
    disabled_type = (
        present["disabled_hash"]["type"]
        if "disabled_hash" in present
        else String(DISABLED_HASH_LENGTH)
    )
    assert isinstance(hash_type, String)
    assert isinstance(disabled_type, String)
    if disabled_type.length is not None and (
        hash_type.length is None or hash_type.length > disabled_type.length
    ):
        detail = "make it as wide as hashed_password"
        yield widening_change(connection, "users", "disabled_hash", detail, hash_type)
