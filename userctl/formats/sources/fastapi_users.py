"""A table of fastapi-users, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import bool_text, is_true, name_of, pick, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "username")),
        "name": name_of(row),
        "role": options.role_of(["superuser"] if is_true(row.get("is_superuser")) else ()),
        "status": status(disabled=is_true(row.get("is_active")) is False),
        "hashed_password": pick(row, "hashed_password"),
        "created_at": time_of(pick(row, "created_at")),
        "address_verified": bool_text(is_true(row.get("is_verified"))),
    }
