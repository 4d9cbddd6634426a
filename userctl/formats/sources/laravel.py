"""A table of Laravel, or of ``password_hash()`` of PHP, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import first, name_of, said_if_set, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if first(row, "two_factor_secret"):
        options.lost["second factors"] += 1
    role = first(row, "role")
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": name_of(row),
        "role": options.role_of(role),
        "status": status(disabled=first(row, "deleted_at") is not None),
        "hashed_password": first(row, "password"),
        "created_at": time_of(first(row, "created_at")),
        "address_verified": said_if_set(row, "email_verified_at"),
    }
