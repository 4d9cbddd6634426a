"""Gitea and Forgejo: the table ``user``, as CSV or JSON."""

import base64
from typing import Any

from userctl.core.text import quote
from userctl.formats.sources.options import SourceOptions, Unusable, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import (
    first,
    is_true,
    said,
    status,
    time_of_milliseconds,
)

rows = table_rows


_RAW_SALT = 10
"""The length of an older salt, which counts as it is; others are in hexadecimal."""

_OLDEST = {"pbkdf2": "10000$50", "argon2": "2$65536$8$50", "scrypt": "65536$16$2$50"}
"""What an algorithm without numbers means, whatever the default of new hashes is."""


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if first(row, "type") not in {None, "0"}:
        # Organizations and robots are in the same table.
        return None
    created = first(row, "created_unix")
    last = first(row, "last_login_unix")
    disabled = is_true(row.get("prohibit_login")) or is_true(row.get("is_active")) is False
    return {
        "email": options.address_of(first(row, "email"), first(row, "lower_name", "name")),
        "name": first(row, "full_name") or first(row, "name"),
        "role": options.role_of(["admin"] if is_true(row.get("is_admin")) else ()),
        "status": status(disabled=disabled),
        "hashed_password": _hash(row),
        "must_change_password": said(is_true(row.get("must_change_password"))),
        "created_at": time_of_milliseconds(f"{created}000") if created else None,
        "former_login_at": time_of_milliseconds(f"{last}000") if last not in {None, "0"} else None,
    }


def _hash(row: Any) -> str | None:
    hashed, algorithm = first(row, "passwd"), first(row, "passwd_hash_algo") or "pbkdf2"
    if hashed is None:
        return None
    name, _, numbers = algorithm.partition("$")
    if name == "bcrypt":
        return hashed
    if name not in _OLDEST:
        raise Unusable(f"The password is hashed with {quote(name)}, which is not known.")
    salt = first(row, "salt") or ""
    raw_salt = salt.encode() if len(salt) == _RAW_SALT else bytes.fromhex(salt)
    ending = f"{_base64(raw_salt)}${_base64(bytes.fromhex(hashed))}"
    costs = [int(number) for number in (numbers or _OLDEST[name]).split("$")]
    if name == "pbkdf2":
        return f"$pbkdf2-sha256$i={costs[0]}${ending}"
    if name == "argon2":
        return f"$argon2id$v=19$m={costs[1]},t={costs[0]},p={costs[2]}${ending}"
    return f"$scrypt$ln={costs[0].bit_length() - 1},r={costs[1]},p={costs[2]}${ending}"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")
