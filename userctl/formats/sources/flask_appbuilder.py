"""Flask-AppBuilder and Airflow's table ``ab_user``, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import full_name, is_true, pick, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    roles = row.get("roles") or pick(row, "role", "role_name") or ()
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "username")),
        "name": full_name(row.get("first_name"), row.get("last_name")),
        "role": options.role_of(roles.split(",") if isinstance(roles, str) else roles),
        "status": status(disabled=is_true(row.get("active")) is False),
        "hashed_password": pick(row, "password"),
        "created_at": time_of(pick(row, "created_on")),
        "former_login_at": time_of(pick(row, "last_login")),
    }
