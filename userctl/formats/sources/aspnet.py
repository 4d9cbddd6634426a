"""ASP.NET Core Identity: the table ``AspNetUsers``, as CSV or JSON."""

import base64
import re
from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import (
    bool_text,
    full_name,
    is_ahead,
    is_true,
    pick,
    status,
)

rows = table_rows


_VERSION_2 = re.compile(r"A[A-P][A-Za-z0-9+/]{64}==", re.ASCII)
"""A hash of the older form: a zero, a salt of 16 bytes, and 32 bytes of PBKDF2 with SHA-1."""


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if is_true(row.get("twofactorenabled")):
        options.losses["second factors"] += 1
    role = pick(row, "role", "rolename")
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "username")),
        "name": pick(row, "name", "displayname")
        or full_name(row.get("firstname"), row.get("lastname")),
        "role": options.role_of(role),
        "status": status(disabled=_is_locked(row)),
        "hashed_password": _hash(pick(row, "passwordhash")),
        "address_verified": bool_text(is_true(row.get("emailconfirmed"))),
    }


def _is_locked(row: Any) -> bool:
    has_lockout = is_true(row.get("lockoutenabled")) is not False
    return has_lockout and is_ahead(pick(row, "lockoutend", "lockoutenddateutc"))


def _hash(password_hash: str | None) -> str | None:
    if password_hash is None or not _VERSION_2.fullmatch(password_hash):
        return password_hash
    raw = base64.b64decode(password_hash)
    salt, digest = (base64.b64encode(part).decode().rstrip("=") for part in (raw[1:17], raw[17:]))
    return f"$pbkdf2$1000${salt}${digest}"
