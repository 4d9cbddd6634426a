"""A table of fastapi-users, as CSV or JSON."""

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
    said,
    status,
    table_rows,
    time_of,
)


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the table."""
    return records(table_rows(text), _user, options)


def _user(row: Any, options: SourceOptions) -> User | None:
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": first(row, "name", "full_name")
        or full_name(row.get("first_name"), row.get("last_name")),
        "role": options.role_of(["superuser"] if is_true(row.get("is_superuser")) else ()),
        "status": status(disabled=is_true(row.get("is_active")) is False),
        "hashed_password": first(row, "hashed_password"),
        "created_at": time_of(first(row, "created_at")),
        "address_verified": said(is_true(row.get("is_verified"))),
    }
