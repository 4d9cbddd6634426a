"""Gitea and Forgejo: the table ``user``, as CSV or JSON."""

import base64
import re
from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import (
    SourceOptions,
    Unusable,
    User,
    first,
    is_true,
    records,
    said,
    status,
    table_rows,
    time_of_milliseconds,
)


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the table."""
    return records(table_rows(text), _user, options)


_HEX_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)
"""A salt that is written in hexadecimal; an older one of ten characters counts as it is."""

_OLDEST = "pbkdf2$10000$50"
"""What an empty algorithm means."""


def _user(row: Any, options: SourceOptions) -> User | None:
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
    hashed, algorithm = first(row, "passwd"), first(row, "passwd_hash_algo") or _OLDEST
    if hashed is None:
        return None
    raw_salt = first(row, "salt") or ""
    salt = bytes.fromhex(raw_salt) if _HEX_SALT.fullmatch(raw_salt) else raw_salt.encode()
    name, *numbers = (_OLDEST if algorithm == "pbkdf2" else algorithm).split("$")
    if name == "bcrypt":
        return hashed
    if name in {"pbkdf2", "pbkdf2_v1", "pbkdf2_v2", "pbkdf2_hi"}:
        rounds = int(numbers[0])
        return f"$pbkdf2-sha256$i={rounds}${_base64(salt)}${_base64(bytes.fromhex(hashed))}"
    if name == "argon2":
        passes, memory, lanes = map(int, numbers[:3])
        costs = f"m={memory},t={passes},p={lanes}"
        return f"$argon2id$v=19${costs}${_base64(salt)}${_base64(bytes.fromhex(hashed))}"
    if name == "scrypt":
        cost, size, lanes = map(int, numbers[:3])
        costs = f"ln={cost.bit_length() - 1},r={size},p={lanes}"
        return f"$scrypt${costs}${_base64(salt)}${_base64(bytes.fromhex(hashed))}"
    raise Unusable(f"The password is hashed with {name}, which is not known.")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")
