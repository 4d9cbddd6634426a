"""Rails: a table of Devise or of ``has_secure_password``, as CSV or JSON."""

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
    if first(row, "otp_secret", "encrypted_otp_secret"):
        options.lost["second factors"] += 1
    if first(row, "provider"):
        options.lost["logins by other providers"] += 1
    role = first(row, "role")
    confirmed = "confirmed_at" in row
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": first(row, "name") or full_name(row.get("first_name"), row.get("last_name")),
        "role": options.role_of([role] if role else ()),
        "status": status(
            disabled=first(row, "locked_at", "deleted_at", "discarded_at") is not None
        ),
        "hashed_password": _hash(first(row, "encrypted_password", "password_digest"), options),
        "created_at": time_of(first(row, "created_at")),
        "address_verified": said(first(row, "confirmed_at") is not None) if confirmed else None,
        "former_login_at": time_of(first(row, "current_sign_in_at", "last_sign_in_at")),
    }


def _hash(hashed: str | None, options: SourceOptions) -> str | None:
    """Return the hash with the name of the pepper, if there is one."""
    if hashed is None or options.secret is None:
        return hashed
    return f"$pepper${options.secret}{hashed}"
