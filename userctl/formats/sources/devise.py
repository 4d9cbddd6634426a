"""Rails: a table of Devise or of ``has_secure_password``, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import first, name_of, said_if_set, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if first(row, "otp_secret", "encrypted_otp_secret"):
        options.lost["second factors"] += 1
    if first(row, "provider"):
        options.lost["logins by other providers"] += 1
    role = first(row, "role")
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": name_of(row),
        "role": options.role_of(role),
        "status": status(
            disabled=first(row, "locked_at", "deleted_at", "discarded_at") is not None
        ),
        "hashed_password": _hash(first(row, "encrypted_password", "password_digest"), options),
        "created_at": time_of(first(row, "created_at")),
        "address_verified": said_if_set(row, "confirmed_at"),
        "former_login_at": time_of(first(row, "current_sign_in_at", "last_sign_in_at")),
    }


def _hash(hashed: str | None, options: SourceOptions) -> str | None:
    """Return the hash with the name of the pepper, if there is one."""
    if hashed is None or options.secret is None:
        return hashed
    return f"$pepper${options.secret}{hashed}"
