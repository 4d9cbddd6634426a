"""Hashes that other systems made, a file for each family, to verify them at a login.

A new family is a file with a function ``parse``, and a row in :data:`FAMILIES`.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

from userctl.core.errors import InvalidInput
from userctl.security.password_hashes.parsed import LONGEST_HASH, ParsedHash, unusable


class Family(NamedTuple):
    """How the hashes of a family are recognized, and the module in this package that parses them.

    ``prefixes`` are compared regardless of case, as LIKE does on SQLite.
    """

    prefixes: tuple[str, ...]
    module: str


FAMILIES: Mapping[str, Family] = {
    "argon2": Family(("$argon2", "argon2$", "{argon2}"), "argon2"),
    "bcrypt": Family(
        ("$2$", "$2a$", "$2b$", "$2x$", "$2y$", "bcrypt", "$bcrypt-", "$wp$2", "{bcrypt}", "{blf-"),
        "bcrypt",
    ),
    "crypt": Family(("$1$", "$5$", "$6$", "$apr1$", "$p$", "$h$", "{crypt}"), "crypt"),
    "digest": Family(("md5$", "sha1$", "sha256$", "sha512$", "$digest-"), "digest"),
    "firebase": Family(("$firescrypt$",), "firebase"),
    "hmac-sha512": Family(("$hmac-sha512$",), "keyed"),
    "ldap": Family(("{ssha", "{sha", "{md5}", "{smd5}"), "ldap"),
    "pbkdf2": Family(("pbkdf2_", "pbkdf2:", "$pbkdf2", "{pbkdf2", "aqaaaa"), "pbkdf2"),
    "pepper": Family(("$pepper$",), "keyed"),
    "scrypt": Family(("scrypt$", "scrypt:", "$scrypt$"), "scrypt"),
}
"""The families by their names, as they are shown."""

_PREFIXES = {prefix: family for family in FAMILIES.values() for prefix in family.prefixes}
_LONGEST_PREFIX = max(map(len, _PREFIXES))
_NEXTCLOUD = ("1|", "2|", "3|")
"""What Nextcloud writes before a hash: the version of its hasher."""


def parse(text: str) -> ParsedHash:
    """Return what is known of a hash that another system made.

    Raises:
        InvalidInput: if it is of no known family, malformed, or too costly to verify.
    """
    if len(text) > LONGEST_HASH:
        raise unusable(f"it has {len(text):,} characters")
    plain = text[2:] if text.startswith(_NEXTCLOUD) else text
    start = plain[:_LONGEST_PREFIX].lower()
    for prefix, family in _PREFIXES.items():
        if start.startswith(prefix):
            parsed: ParsedHash = import_module(f"{__name__}.{family.module}").parse(plain)
            return parsed
    raise InvalidInput("Not a hash that userctl can verify.")


def is_verifiable(text: object) -> bool:
    """Tell whether a hash can be verified, given its secret if it was made with one."""
    try:
        parse(str(text))
    except InvalidInput:
        return False
    return True
