"""A table of Laravel, or of ``password_hash()`` of PHP, as CSV or JSON."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import (
    SourceOptions,
    User,
    first,
    full_name,
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
    if first(row, "two_factor_secret"):
        options.lost["second factors"] += 1
    role = first(row, "role")
    verified = "email_verified_at" in row
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": first(row, "name") or full_name(row.get("first_name"), row.get("last_name")),
        "role": options.role_of([role] if role else ()),
        "status": status(disabled=first(row, "deleted_at") is not None),
        "hashed_password": first(row, "password"),
        "created_at": time_of(first(row, "created_at")),
        "address_verified": said(first(row, "email_verified_at") is not None) if verified else None,
    }
