"""LDIF (RFC 2849), as ``slapcat`` and ``ldapsearch`` write it."""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any, TextIO

from userctl.core.errors import InvalidInput
from userctl.core.password_schemes import PREFIXES
from userctl.core.text import quote
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.sources.options import SourceOptions, UnusableRecord, User
from userctl.formats.sources.rows import Row
from userctl.formats.sources.values import full_name, status, time_of

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,]\d+)?Z", re.ASCII)
"""Generalized time (RFC 4517, section 3.3.13), in UTC."""

LONGEST_ENTRY = 2**24
"""How many characters an entry may have: one with a photograph has some 100,000."""

_NAMES = ("uid", "samaccountname", "cn")
_ATTRIBUTES = {
    *_NAMES, "changetype", "userpassword", "mail", "displayname", "givenname", "sn", "memberof",
    "objectclass", "createtimestamp", "whencreated", "authtimestamp", "pwdaccountlockedtime",
    "nsaccountlock", "useraccountcontrol",
}  # fmt: skip
"""The attributes that count; others may have values that are not text, such as photographs."""

_HASH_PREFIXES = tuple(chain.from_iterable(PREFIXES.values()))

_NO_USERS = {"group", "groupofnames", "groupofuniquenames", "posixgroup", "computer"}
"""Classes of entries that may have a mail address or a name, and never log in."""


def rows(text: TextIO) -> Iterator[Row]:
    """Yield each entry, its lines unfolded and without comments (RFC 2849, notes 2 and 3)."""
    raw: list[str] = []
    start, size = 1, 0
    for number, line in enumerate(chain(iter(partial(text.readline, LONGEST_RECORD), ""), "\n"), 1):
        size += len(line)
        if len(line) == LONGEST_RECORD or size > LONGEST_ENTRY:
            raise InvalidInput(f"The entry in line {start:,} is too long.")
        if bare := line.lstrip("\ufeff").rstrip("\r\n"):
            raw.append(bare)
            continue
        unfolded_lines = "\n".join(raw).replace("\n ", "").split("\n")
        if lines := [
            text_line for text_line in unfolded_lines if text_line and not text_line.startswith("#")
        ]:
            yield start, lines, "\n".join(lines)
        raw, start, size = [], number + 1, 0


def user(lines: list[str], options: SourceOptions) -> User | None:
    """Return the user of a row."""
    entry = _attributes(lines)
    if "changetype" in entry:
        raise UnusableRecord("This is a change, not an entry; export the entries.")
    classes = {object_class.lower() for object_class in entry.get("objectclass", ())}
    if classes & _NO_USERS or not entry.keys() & {"userpassword", "mail", "uid", "samaccountname"}:
        return None
    name = next((entry[key][0] for key in _NAMES if key in entry), None)
    if len(entry.get("mail", ())) > 1:
        options.losses["further addresses"] += 1
    return {
        "email": options.address_of(entry.get("mail", [None])[0], name),
        "name": entry.get("displayname", entry.get("cn", [None]))[0]
        or full_name(*entry.get("givenname", []), *entry.get("sn", [])),
        "role": options.role_of(_common_name(group) for group in entry.get("memberof", [])),
        "status": status(disabled="pwdaccountlockedtime" in entry or _is_locked(entry)),
        "hashed_password": _hash(entry.get("userpassword", []), options),
        "created_at": _time(entry, "createtimestamp", "whencreated"),
        "former_login_at": _time(entry, "authtimestamp"),
    }


def _attributes(lines: list[str]) -> dict[str, list[Any]]:
    attributes: dict[str, list[Any]] = {}
    for line in lines:
        name, colon, text = line.partition(":")
        if not colon:
            raise UnusableRecord("A line has no colon.")
        # Options, as in ``cn;lang-de``, tell values of one attribute apart.
        attribute = name.partition(";")[0].lower()
        if attribute not in _ATTRIBUTES:
            continue
        if text.startswith("<"):
            raise UnusableRecord(f"The value of {quote(name)} is in another file.")
        value = _decode(text[1:].strip()) if text.startswith(":") else text.strip()
        attributes.setdefault(attribute, []).append(value)
    return attributes


def _decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise UnusableRecord("A value is not UTF-8 in base64.") from None


def _hash(passwords: list[str], options: SourceOptions) -> str | None:
    """Return a hash that can be verified; a user's others may refer to another server (SASL)."""
    hashes = [password for password in passwords if password.startswith(("{", "$"))]
    if passwords and (not hashes or hashes[0].lower().startswith("{cleartext}")):
        raise UnusableRecord("The password is in plaintext.")
    known_hashes = [password for password in hashes if password.lower().startswith(_HASH_PREFIXES)]
    if len(known_hashes) > 1:
        options.losses["further passwords"] += 1
    return next(iter(known_hashes or hashes), None)


def _time(entry: dict[str, list[Any]], *names: str) -> str | None:
    match = next((_TIME.fullmatch(entry[name][0]) for name in names if name in entry), None)
    return time_of("{}-{}-{}T{}:{}:{}Z".format(*match.groups())) if match else None


def _is_locked(entry: dict[str, list[Any]]) -> bool:
    is_locked = str(entry.get("nsaccountlock", [""])[0]).lower() == "true"
    # The second bit of Active Directory's flags.
    return is_locked or bool(int(entry.get("useraccountcontrol", ["0"])[0]) & 2)


def _common_name(group: str) -> str:
    return group.partition(",")[0].partition("=")[2] or group
