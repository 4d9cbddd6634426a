"""What stands in an application's tables besides addresses: tokens, times, hashes and roles."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Boolean, Connection, String, column, select, table

from userctl.core.errors import DatabaseDamaged
from userctl.db.adoption.addresses import BATCH
from userctl.db.adoption.change import Change, problem, rows_where, step, warning
from userctl.db.adoption.columns import present_columns, wanted_columns
from userctl.db.schema.revisions import VERSION_TABLE
from userctl.models.types import UTCDateTime
from userctl.schemas.adoption import AdoptionOptions
from userctl.schemas.page import LARGEST_ID

TIMES = {"users": ("created_at", "updated_at"),
         "refresh_tokens": ("expires_at", "created_at", "updated_at")}  # fmt: skip
IN_CLEAR = {
    "postgresql": "token !~ '^[0-9a-f]{64}$'",
    "sqlite": "NOT (length(token) = 64 AND token NOT GLOB '*[^0-9a-f]*')",
}
"""What tells a token from the hexadecimal form of a SHA-256."""

_ZONE = "*[+-][0-9][0-9]*"


def id_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield ids that userctl has no room for."""
    count, ids = rows_where(connection, name, f"id > {LARGEST_ID}")
    if count:
        yield problem(name, "id", f"ids go up to {LARGEST_ID}", rows=count, ids=ids)


def time_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield times that cannot be read."""
    for time in TIMES[name]:
        if time not in present_columns(connection, name):
            continue
        if connection.dialect.name == "postgresql":
            # Python knows neither infinity nor times before Christ.
            condition = f"NOT {time} BETWEEN '0001-01-02' AND '9999-12-30'"
            count, ids = rows_where(connection, name, condition)
        else:
            ids = _unreadable(connection, name, time)
            count = len(ids)
        if count:
            yield problem(name, time, "times that cannot be read", rows=count, ids=ids)
    if connection.dialect.name == "sqlite" and name == "refresh_tokens":
        # Times are compared as texts, so that those of another zone would be hours off.
        condition = f"substr(expires_at, 20) GLOB '{_ZONE}' AND expires_at NOT LIKE '%+00:00'"
        count, ids = rows_where(connection, name, condition)
        if count:
            told = "times of another zone than UTC; store them in UTC"
            yield problem(name, "expires_at", told, rows=count, ids=ids)


def _unreadable(connection: Connection, name: str, time: str) -> list[int]:
    read = UTCDateTime().result_processor(connection.dialect, None)
    rows, unreadable = table(name, column("id"), column(time)), []
    query = select(rows).order_by(rows.c.id).execution_options(yield_per=BATCH)
    for number, value in connection.execute(query):
        try:
            read(value)
        except DatabaseDamaged:
            unreadable.append(number)
    return unreadable


def token_changes(connection: Connection, order: AdoptionOptions) -> Iterator[Change]:
    """Yield what has to become of refresh tokens."""
    owner = "SELECT 1 FROM users WHERE users.id = refresh_tokens.user_id"
    lone = f"user_id IS NOT NULL AND NOT EXISTS ({owner})"
    count, ids = rows_where(connection, "refresh_tokens", lone)
    if count:
        told = "tokens of accounts that are gone; delete them"
        yield problem("refresh_tokens", "user_id", told, rows=count, ids=ids)
    condition = "token IS NOT NULL" if order.tokens_in_clear else IN_CLEAR[connection.dialect.name]
    count, ids = rows_where(connection, "refresh_tokens", condition)
    if count:
        told = "store the SHA-256 of tokens that lie there in clear"
        yield step(
            "refresh_tokens", "token", told, lambda op: _hash(op, condition), rows=count, ids=ids
        )
        told = "the application has to look tokens up by their SHA-256 from now on"
        yield warning("refresh_tokens", "token", told)
    hashed, _ = rows_where(connection, "refresh_tokens", f"NOT ({condition})")
    if hashed and not connection.dialect.has_table(connection, VERSION_TABLE):
        told = "these count as hashes; if they are tokens, say so now: --tokens-in-clear"
        yield warning("refresh_tokens", "token", told, hashed)


def type_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield what another type than that of its column makes unusable, as only SQLite allows."""
    if connection.dialect.name != "sqlite":
        return
    for column_name, wanted in wanted_columns(name).items():
        if column_name not in present_columns(connection, name):
            continue
        if isinstance(wanted.type, String):
            condition = f"typeof({column_name}) NOT IN ('text', 'null')"
        elif isinstance(wanted.type, Boolean):
            condition = f"{column_name} NOT IN (0, 1)"
        else:
            continue
        count, ids = rows_where(connection, name, condition)
        if count:
            told = f"values that are no {wanted.type.compile(connection.dialect)}"
            yield problem(name, column_name, told, rows=count, ids=ids)


def _hash(op: Operations, condition: str) -> None:
    digest = "encode(sha256(convert_to(token, 'UTF8')), 'hex')"
    if op.get_bind().dialect.name == "sqlite":
        driver: Any = op.get_bind().connection.driver_connection
        driver.create_function("userctl_sha256", 1, lambda text: sha256(text.encode()).hexdigest())
        digest = "userctl_sha256(token)"
    op.execute(f"UPDATE refresh_tokens SET token = {digest} WHERE {condition}")  # noqa: S608


def account_warnings(connection: Connection, order: AdoptionOptions) -> Iterator[Change]:
    """Yield what userctl can work with only in part."""
    other = "hashed_password NOT LIKE '$2_$__$%' OR length(hashed_password) <> 60"
    count, _ = rows_where(connection, "users", other)
    if count:
        told = "hashes that are not bcrypt: these accounts cannot log in with userctl"
        yield warning("users", "hashed_password", told, count)
    if "role" in present_columns(connection, "users"):
        users = table("users", column("role"))
        roles = set(connection.scalars(select(users.c.role).distinct())) - {None, *order.roles}
        if roles:
            told = f"roles that the setting 'roles' does not name: {', '.join(map(str, roles))}"
            yield warning("users", "role", told)
