"""A table of Flask-Security, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import (
    is_set_text,
    is_true,
    name_of,
    pick,
    status,
    time_of,
)

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if options.secret is None:
        options.advise(
            "These passwords count as hashed once (SECURITY_PASSWORD_SINGLE_HASH). If they were "
            "mixed with SECURITY_PASSWORD_SALT, which is the default, pass --secret NAME."
        )
    if pick(row, "tf_primary_method", "tf_totp_secret"):
        options.losses["second factors"] += 1
    role = pick(row, "role", "roles")
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "username")),
        "name": name_of(row),
        "role": options.role_of(role),
        "status": status(disabled=is_true(row.get("active")) is False),
        "hashed_password": _hash(pick(row, "password"), options),
        "created_at": time_of(pick(row, "create_datetime", "created_at")),
        "address_verified": is_set_text(row, "confirmed_at"),
        "former_login_at": time_of(pick(row, "current_login_at", "last_login_at")),
    }


def _hash(password_hash: str | None, options: SourceOptions) -> str | None:
    """Return the hash with the name of the HMAC's key, unless passwords were hashed once only.

    Flask-Security always hashed those in the forms of Django once (SECURITY_PASSWORD_SINGLE_HASH).
    """
    if password_hash is None or options.secret is None or not password_hash.startswith("$"):
        return password_hash
    return f"$hmac-sha512${options.secret}{password_hash}"
