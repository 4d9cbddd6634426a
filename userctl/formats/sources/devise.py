"""Rails: a table of Devise or of ``has_secure_password``, as CSV or JSON."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import is_set_text, name_of, pick, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if pick(row, "otp_secret", "encrypted_otp_secret"):
        options.losses["second factors"] += 1
    if pick(row, "provider"):
        options.losses["logins by other providers"] += 1
    role = pick(row, "role")
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "username")),
        "name": name_of(row),
        "role": options.role_of(role),
        "status": status(disabled=pick(row, "locked_at", "deleted_at", "discarded_at") is not None),
        "hashed_password": _hash(pick(row, "encrypted_password", "password_digest"), options),
        "created_at": time_of(pick(row, "created_at")),
        "address_verified": is_set_text(row, "confirmed_at"),
        "former_login_at": time_of(pick(row, "current_sign_in_at", "last_sign_in_at")),
    }


def _hash(password_hash: str | None, options: SourceOptions) -> str | None:
    """Return the hash with the name of the pepper, if there is one."""
    if password_hash is None or options.secret is None:
        return password_hash
    return f"$pepper${options.secret}{password_hash}"
