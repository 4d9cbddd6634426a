"""Gitea and Forgejo: the table ``user``, as CSV or JSON."""

import base64
from typing import Any

from userctl.core.text import quote
from userctl.formats.sources.options import SourceOptions, UnusableRecord, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import (
    bool_text,
    is_true,
    pick,
    status,
    time_of_milliseconds,
)

rows = table_rows


_RAW_SALT = 10
"""The length of an older salt, which counts as it is; others are in hexadecimal."""

_OLDEST = {"pbkdf2": "10000$50", "argon2": "2$65536$8$50", "scrypt": "65536$16$2$50"}
"""The numbers of an algorithm without any, whatever the default for new hashes is."""


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if pick(row, "type") not in {None, "0"}:
        # Organizations and robots are in the same table.
        return None
    created_at = pick(row, "created_unix")
    last_login_at = pick(row, "last_login_unix")
    is_disabled = is_true(row.get("prohibit_login")) or is_true(row.get("is_active")) is False
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "lower_name", "name")),
        "name": pick(row, "full_name") or pick(row, "name"),
        "role": options.role_of(["admin"] if is_true(row.get("is_admin")) else ()),
        "status": status(disabled=is_disabled),
        "hashed_password": _hash(row),
        "must_change_password": bool_text(is_true(row.get("must_change_password"))),
        "created_at": time_of_milliseconds(f"{created_at}000") if created_at else None,
        "former_login_at": time_of_milliseconds(f"{last_login_at}000")
        if last_login_at not in {None, "0"}
        else None,
    }


def _hash(row: Any) -> str | None:
    password_hash, algorithm = (
        pick(row, "passwd"),
        pick(row, "passwd_hash_algo") or "pbkdf2",
    )
    if password_hash is None:
        return None
    name, _, numbers = algorithm.partition("$")
    if name == "bcrypt":
        return password_hash
    if name not in _OLDEST:
        raise UnusableRecord(f"The password is hashed with {quote(name)}, which is not known.")
    salt = pick(row, "salt") or ""
    raw_salt = salt.encode() if len(salt) == _RAW_SALT else bytes.fromhex(salt)
    suffix = f"{_base64(raw_salt)}${_base64(bytes.fromhex(password_hash))}"
    costs = [int(number) for number in (numbers or _OLDEST[name]).split("$")]
    if name == "pbkdf2":
        return f"$pbkdf2-sha256$i={costs[0]}${suffix}"
    if name == "argon2":
        return f"$argon2id$v=19$m={costs[1]},t={costs[0]},p={costs[2]}${suffix}"
    return f"$scrypt$ln={costs[0].bit_length() - 1},r={costs[1]},p={costs[2]}${suffix}"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")
