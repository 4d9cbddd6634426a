"""LDIF (RFC 2849), as ``slapcat`` and ``ldapsearch`` write it."""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, TextIO

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.sources.common import (
    Row,
    SourceOptions,
    Unusable,
    User,
    full_name,
    records,
    status,
    time_of,
)

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,]\d+)?Z", re.ASCII)
"""Generalized time (RFC 4517, section 3.3.13), in UTC."""

LONGEST_ENTRY = 10_000
"""How many lines an entry may have; one of a user has some dozens."""


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users among the entries: those that have a password, a mail address or a uid."""
    return records(_entries(text), _user, options)


def _entries(text: TextIO) -> Iterator[Row]:
    """Yield each entry, folded lines unfolded (RFC 2849, note 2)."""
    lines: list[str] = []
    start = 1
    for number, line in enumerate(iter(partial(text.readline, LONGEST_RECORD), ""), 1):
        if len(line) == LONGEST_RECORD or len(lines) > LONGEST_ENTRY:
            raise InvalidInput(f"The entry in line {start:,} is too long.")
        bare = line.rstrip("\r\n")
        if not bare.strip():
            if lines:
                yield start, lines, "\n".join(lines)
            lines, start = [], number + 1
        elif bare.startswith(" ") and lines:
            lines[-1] += bare[1:]
        elif not bare.startswith("#"):
            lines.append(bare)
    if lines:
        yield start, lines, "\n".join(lines)


def _user(lines: list[str], options: SourceOptions) -> User | None:
    entry = _attributes(lines)
    if "changetype" in entry:
        raise Unusable("It is a change and not an entry; export the entries.")
    if not entry.keys() & {"userpassword", "mail", "uid", "samaccountname"}:
        return None
    name = next((entry[key][0] for key in ("uid", "samaccountname") if key in entry), None)
    created = _TIME.fullmatch(entry.get("createtimestamp", [""])[0])
    passwords = entry.get("userpassword", [])
    return {
        "email": options.address_of(entry.get("mail", [None])[0], name),
        "name": entry.get("displayname", entry.get("cn", [None]))[0]
        or full_name(*entry.get("givenname", []), *entry.get("sn", [])),
        "role": options.role_of(_common_name(group) for group in entry.get("memberof", [])),
        "status": status(disabled="pwdaccountlockedtime" in entry or _is_locked(entry)),
        "hashed_password": _hash(passwords),
        "created_at": time_of("{}-{}-{}T{}:{}:{}Z".format(*created.groups())) if created else None,
    }


def _attributes(lines: list[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for line in lines:
        name, colon, rest = line.partition(":")
        if not colon:
            raise Unusable("A line of it has no colon.")
        if rest.startswith("<"):
            raise Unusable("A value of it is in another file.")
        value = _decoded(rest[1:].strip()) if rest.startswith(":") else rest.strip()
        # Options, as in ``cn;lang-de``, tell values of one attribute apart.
        found.setdefault(name.partition(";")[0].lower(), []).append(value)
    return found


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unusable("A value of it is not UTF-8 in base64.") from None


def _hash(passwords: list[str]) -> str | None:
    hashed = next((each for each in passwords if each.startswith(("{", "$"))), None)
    if passwords and hashed is None:
        raise Unusable("The password is in clear.")
    if hashed and hashed.upper().startswith("{CLEARTEXT}"):
        raise Unusable("The password is in clear.")
    return hashed


def _is_locked(entry: dict[str, list[Any]]) -> bool:
    locked = str(entry.get("nsaccountlock", [""])[0]).lower() == "true"
    # The second bit of Active Directory's flags.
    return locked or bool(int(entry.get("useraccountcontrol", ["0"])[0]) & 2)


def _common_name(group: str) -> str:
    return group.partition(",")[0].partition("=")[2] or group
