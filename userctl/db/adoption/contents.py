"""The contents of the application's tables besides addresses: tokens, times, hashes, roles."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Boolean, Connection, String, column, func, select, table

from userctl.db.adoption.addresses import BATCH
from userctl.db.adoption.change import Change, problem, rows_where, step, update_rows, warning
from userctl.db.adoption.columns import present_columns, wanted_columns
from userctl.db.schema.revisions import VERSION_TABLE
from userctl.models.types import UTCDateTime
from userctl.models.unreadable_values import UnreadableValue
from userctl.repositories.password_schemes import password_scheme
from userctl.schemas.adoption import AdoptionOptions

TIMES = {"users": ("created_at", "updated_at"),
         "refresh_tokens": ("expires_at", "created_at", "updated_at")}  # fmt: skip
IS_PLAINTEXT = {
    "postgresql": "token !~ '^[0-9a-f]{64}$'",
    "sqlite": "NOT (length(token) = 64 AND token NOT GLOB '*[^0-9a-f]*')",
}
"""Conditions that tell a plaintext token from a SHA-256 in hexadecimal."""

ROLES_LISTED = 20
_OFFSET = "*[+-][0-9][0-9]*"


def time_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield problems with times that cannot be read."""
    for time in TIMES[name]:
        if time not in present_columns(connection, name):
            continue
        if connection.dialect.name == "postgresql":
            # Python supports neither infinity nor years before 1.
            condition = f"NOT {time} BETWEEN '0001-01-02' AND '9999-12-30'"
            count, ids = rows_where(connection, name, condition)
        else:
            ids = _unreadable_ids(connection, name, time)
            count = len(ids)
        if count:
            yield problem(name, time, "times that cannot be read", rows=count, ids=ids)
    if connection.dialect.name == "sqlite" and name == "refresh_tokens":
        # Times are compared as text, so times with another offset would be hours off.
        condition = f"substr(expires_at, 20) GLOB '{_OFFSET}' AND expires_at NOT LIKE '%+00:00'"
        count, ids = rows_where(connection, name, condition)
        if count:
            detail = "times with another offset than UTC; store them in UTC"
            yield problem(name, "expires_at", detail, rows=count, ids=ids)


def _unreadable_ids(connection: Connection, name: str, time: str) -> list[int]:
    read_time = UTCDateTime().result_processor(connection.dialect, None)
    rows, ids = table(name, column("id"), column(time)), []
    query = select(rows).order_by(rows.c.id).execution_options(yield_per=BATCH)
    for number, value in connection.execute(query):
        if isinstance(read_time(value), UnreadableValue):
            ids.append(number)
    return ids


def token_changes(connection: Connection, options: AdoptionOptions) -> Iterator[Change]:
    """Yield the changes and the problems of the refresh tokens."""
    owner = "SELECT 1 FROM users WHERE users.id = refresh_tokens.user_id"
    is_orphaned = f"user_id IS NOT NULL AND NOT EXISTS ({owner})"
    count, ids = rows_where(connection, "refresh_tokens", is_orphaned)
    if count:
        detail = "tokens of users that do not exist; delete them"
        yield problem("refresh_tokens", "user_id", detail, rows=count, ids=ids)
    condition = (
        "token IS NOT NULL" if options.tokens_in_clear else IS_PLAINTEXT[connection.dialect.name]
    )
    count, ids = rows_where(connection, "refresh_tokens", condition)
    if count:
        detail = "replace plaintext tokens with their SHA-256"
        yield step(
            "refresh_tokens",
            "token",
            detail,
            lambda op: _hash(op, condition, count),
            rows=count,
            ids=ids,
        )
        detail = "the application must look up tokens by their SHA-256 from now on"
        yield warning("refresh_tokens", "token", detail)
    hash_count, _ = rows_where(connection, "refresh_tokens", f"NOT ({condition})")
    if hash_count and not connection.dialect.has_table(connection, VERSION_TABLE):
        detail = "these count as hashes; if they are plaintext tokens, pass --tokens-in-clear"
        yield warning("refresh_tokens", "token", detail, hash_count)


def type_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield problems with values of another type than their column, which only SQLite allows."""
    if connection.dialect.name != "sqlite":
        return
    for column_name, wanted_column in wanted_columns(name).items():
        if column_name not in present_columns(connection, name):
            continue
        if isinstance(wanted_column.type, String):
            condition = f"typeof({column_name}) NOT IN ('text', 'null')"
        elif isinstance(wanted_column.type, Boolean):
            condition = f"{column_name} NOT IN (0, 1)"
        else:
            continue
        count, ids = rows_where(connection, name, condition)
        if count:
            detail = f"values that are not {wanted_column.type.compile(connection.dialect)}"
            yield problem(name, column_name, detail, rows=count, ids=ids)


def _hash(op: Operations, condition: str, count: int) -> None:
    digest = "encode(sha256(convert_to(token, 'UTF8')), 'hex')"
    if op.get_bind().dialect.name == "sqlite":
        driver: Any = op.get_bind().connection.driver_connection
        driver.create_function("userctl_sha256", 1, lambda text: sha256(text.encode()).hexdigest())
        digest = "userctl_sha256(token)"
    statement = f"UPDATE refresh_tokens SET token = {digest} WHERE {condition}"  # noqa: S608
    update_rows("refresh_tokens", statement, count)(op)


def user_warnings(connection: Connection, options: AdoptionOptions) -> Iterator[Change]:
    """Yield warnings about what userctl supports only in part."""
    users = table("users", *map(column, present_columns(connection, "users")))
    scheme = password_scheme(users.c).label("scheme")
    for name, count in connection.execute(select(scheme, func.count()).group_by(scheme)):
        if name == "unknown":
            detail = "hashes that userctl cannot verify; these users cannot log in with it"
            yield warning("users", "hashed_password", detail, count)
        elif name not in {None, "bcrypt"}:
            detail = f"hashes of the scheme {name}, which userctl verifies as they are"
            yield warning("users", "hashed_password", detail, count)
    if "role" in present_columns(connection, "users"):
        users = table("users", column("role"))
        roles = set(connection.scalars(select(users.c.role).distinct())) - {None, *options.roles}
        if roles:
            role_names = ", ".join(str(role)[:50] for role in islice(roles, ROLES_LISTED))
            yield warning("users", "role", f"roles that the setting 'roles' lacks: {role_names}")
