"""A table of Flask-Security, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import first, is_true, name_of, said_if_set, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if options.secret is None:
        options.advise(
            "These passwords count as hashed once (SECURITY_PASSWORD_SINGLE_HASH). If they were "
            "mixed with SECURITY_PASSWORD_SALT, which is the default, pass --secret NAME."
        )
    if first(row, "tf_primary_method", "tf_totp_secret"):
        options.lost["second factors"] += 1
    role = first(row, "role", "roles")
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": name_of(row),
        "role": options.role_of(role),
        "status": status(disabled=is_true(row.get("active")) is False),
        "hashed_password": _hash(first(row, "password"), options),
        "created_at": time_of(first(row, "create_datetime", "created_at")),
        "address_verified": said_if_set(row, "confirmed_at"),
        "former_login_at": time_of(first(row, "current_login_at", "last_login_at")),
    }


def _hash(hashed: str | None, options: SourceOptions) -> str | None:
    """Return the hash with the name of the HMAC's key, unless passwords were hashed once only.

    Flask-Security always hashed those in the forms of Django once (SECURITY_PASSWORD_SINGLE_HASH).
    """
    if hashed is None or options.secret is None or not hashed.startswith("$"):
        return hashed
    return f"$hmac-sha512${options.secret}{hashed}"
