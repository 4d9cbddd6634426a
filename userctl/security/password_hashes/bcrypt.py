"""Variants of bcrypt, such as those of Django, passlib and WordPress."""

import base64
import hashlib
import hmac
import re

import bcrypt

from userctl.security.bcrypt_hash import MINIMUM_COST
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    require_affordable,
    unusable_hash_error,
)

MAXIMUM_BYTES = 72
_SECONDS_OF_COST_12 = 0.25
_WORDPRESS_KEY = b"wp-sha384"
_LAST_OF_SALT, _LAST_CHARACTERS = 21, ".Oeu"
"""Only the first two bits of the last character of a salt count."""


def _prepare_original(password: bytes, _salt: str) -> bytes:
    """Return the key of the first bcrypt, ``$2$``, which has no NUL at its end."""
    return (password * MAXIMUM_BYTES)[:MAXIMUM_BYTES]


def _prepare_unchanged(password: bytes, _salt: str) -> bytes:
    return password


def _prepare_django(password: bytes, _salt: str) -> bytes:
    return hashlib.sha256(password).hexdigest().encode()


def _prepare_passlib(password: bytes, salt: str) -> bytes:
    return base64.b64encode(hmac.digest(salt.encode(), password, "sha256"))


def _prepare_wordpress(password: bytes, _salt: str) -> bytes:
    return base64.b64encode(hmac.digest(_WORDPRESS_KEY, password.strip(), "sha384"))


_REST = r"(\d\d?)\$([./A-Za-z0-9]{22})\$?([./A-Za-z0-9]{31})"
_FORMS = [
    (re.compile(pattern + _REST, re.ASCII | re.IGNORECASE), prepare)
    for pattern, prepare in (
        (r"(?:\{CRYPT\})?\$2\$", _prepare_original),
        (r"(?:bcrypt\$|\{(?:BCRYPT|BLF-CRYPT|CRYPT)\})?\$2[abxy]\$", _prepare_unchanged),
        (r"bcrypt_sha256\$\$2[abxy]\$", _prepare_django),
        (r"\$bcrypt-sha256\$v=2,t=2[aby],r=", _prepare_passlib),
        (r"\$wp\$2[abxy]\$", _prepare_wordpress),
    )
]
"""The forms, each with the function that returns what bcrypt hashes for a password and a salt."""


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    matches_by_form = ((pattern.fullmatch(text), prepare) for pattern, prepare in _FORMS)
    found, prepare = next((form for form in matches_by_form if form[0]), (None, _prepare_unchanged))
    if found is None:
        raise unusable_hash_error("it is not a well-formed bcrypt hash")
    cost, salt, digest = int(found[1]), found[2], found[3]
    if cost < MINIMUM_COST or salt[_LAST_OF_SALT] not in _LAST_CHARACTERS:
        raise unusable_hash_error("bcrypt has no such cost or salt")
    seconds = _SECONDS_OF_COST_12 * 2.0 ** (cost - 12)
    require_affordable(seconds)
    encoded = f"$2b${cost:02d}${salt}{digest}".encode()

    def matches(password: bytes, _secrets: object) -> bool:
        # Most libraries read no more than 72 bytes, and ours raises an error.
        return bcrypt.checkpw(prepare(password, salt)[:MAXIMUM_BYTES], encoded)

    return ParsedHash("bcrypt-variant", seconds, 0, matches)
