"""An htpasswd file: a name and a hash in each line."""

import re
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.sources.common import Row, SourceOptions, Unusable, User, records

_DES = re.compile(r"[./A-Za-z0-9]{13}", re.ASCII)
_KNOWN = ("$", "{")


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the file."""
    return records(_rows(text), _user, options)


def _rows(text: TextIO) -> Iterator[Row]:
    for number, line in enumerate(iter(partial(text.readline, LONGEST_RECORD), ""), 1):
        if len(line) == LONGEST_RECORD:
            raise InvalidInput(f"Line {number:,} is longer than {LONGEST_RECORD:,} characters.")
        bare = line.strip("\ufeff\r\n ")
        if bare and not bare.startswith("#"):
            yield number, bare, bare


def _user(line: str, options: SourceOptions) -> User:
    name, colon, hashed = line.partition(":")
    if not colon or ":" in hashed:
        raise Unusable("It is not NAME:HASH.")
    return {"email": options.address_of(None, name), "hashed_password": _hash(hashed)}


def _hash(hashed: str) -> str:
    if _DES.fullmatch(hashed):
        # A password in clear looks the same, and then does not match.
        return f"{{CRYPT}}{hashed}"
    if not hashed.startswith(_KNOWN):
        raise Unusable("The password is in clear. Hash it: htpasswd -B FILE NAME")
    return hashed
