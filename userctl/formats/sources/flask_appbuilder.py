"""Flask-AppBuilder and Airflow's table ``ab_user``, as CSV or JSON."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import (
    SourceOptions,
    User,
    first,
    full_name,
    is_true,
    records,
    status,
    table_rows,
    time_of,
)


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the table."""
    return records(table_rows(text), _user, options)


def _user(row: Any, options: SourceOptions) -> User | None:
    roles = row.get("roles") or first(row, "role", "role_name") or ()
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": full_name(row.get("first_name"), row.get("last_name")),
        "role": options.role_of(roles.split(",") if isinstance(roles, str) else roles),
        "status": status(disabled=is_true(row.get("active")) is False),
        "hashed_password": first(row, "password"),
        "created_at": time_of(first(row, "created_on")),
        "former_login_at": time_of(first(row, "last_login")),
    }
