"""A table of Laravel, or of ``password_hash()`` of PHP, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import is_set_text, name_of, pick, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if pick(row, "two_factor_secret"):
        options.losses["second factors"] += 1
    role = pick(row, "role")
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "username")),
        "name": name_of(row),
        "role": options.role_of(role),
        "status": status(disabled=pick(row, "deleted_at") is not None),
        "hashed_password": pick(row, "password"),
        "created_at": time_of(pick(row, "created_at")),
        "address_verified": is_set_text(row, "email_verified_at"),
    }
