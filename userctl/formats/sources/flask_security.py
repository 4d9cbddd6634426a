"""A table of Flask-Security, as CSV or JSON."""

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
    if options.secret is None:
        options.advice.append(
            "These passwords count as hashed once (SECURITY_PASSWORD_SINGLE_HASH). If they were "
            "mixed with SECURITY_PASSWORD_SALT, which is the default, pass --secret NAME."
        )
    return records(table_rows(text), _user, options)


def _user(row: Any, options: SourceOptions) -> User | None:
    if first(row, "tf_primary_method", "tf_totp_secret"):
        options.lost["second factors"] += 1
    role, verified = first(row, "role", "roles"), first(row, "confirmed_at")
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": first(row, "name") or full_name(row.get("first_name"), row.get("last_name")),
        "role": options.role_of([role] if role else ()),
        "status": status(disabled=is_true(row.get("active")) is False),
        "hashed_password": _hash(first(row, "password"), options),
        "created_at": time_of(first(row, "create_datetime", "created_at")),
        "address_verified": said(verified is not None) if "confirmed_at" in row else None,
        "former_login_at": time_of(first(row, "current_login_at", "last_login_at")),
    }


def _hash(hashed: str | None, options: SourceOptions) -> str | None:
    """Return the hash with the name of the HMAC's key, unless passwords were hashed once only.

    Flask-Security always hashed those in the forms of Django once (SECURITY_PASSWORD_SINGLE_HASH).
    """
    if hashed is None or options.secret is None or not hashed.startswith("$"):
        return hashed
    return f"$hmac-sha512${options.secret}{hashed}"
