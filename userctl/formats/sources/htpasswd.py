"""An htpasswd file: a name and a hash in each line."""

import re
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from userctl.core.errors import InvalidInput
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.sources.options import SourceOptions, UnusableRecord, User
from userctl.formats.sources.rows import Row

_DES = re.compile(r"[./A-Za-z0-9]{13}", re.ASCII)
_HASH_PREFIXES = ("$", "{")


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the lines that name a user."""
    for number, line in enumerate(iter(partial(text.readline, LONGEST_RECORD), ""), 1):
        if len(line) == LONGEST_RECORD:
            raise InvalidInput(f"Line {number:,} is longer than {LONGEST_RECORD:,} characters.")
        bare = line.strip("\ufeff\r\n ")
        if bare and not bare.startswith("#"):
            yield number, bare, bare


def user(line: str, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    name, colon, password_hash = line.partition(":")
    if not colon or ":" in password_hash:
        raise UnusableRecord("Not NAME:HASH.")
    return {"email": options.address_of(None, name), "hashed_password": _hash(password_hash)}


def _hash(password_hash: str) -> str:
    if _DES.fullmatch(password_hash):
        # A plaintext password looks the same, and then does not match.
        return f"{{CRYPT}}{password_hash}"
    if not password_hash.startswith(_HASH_PREFIXES):
        raise UnusableRecord("The password is in plaintext. Hash it: htpasswd -B FILE NAME")
    return password_hash
