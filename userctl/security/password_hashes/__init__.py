"""Hashes that other systems made, a file per family, to verify them at a login.

A new family is a file with a function ``parse``, and a row in
:data:`userctl.core.password_schemes.PREFIXES`.
"""

from importlib import import_module

from userctl.core.errors import InvalidInput
from userctl.core.password_schemes import PREFIXES, VERSION_PREFIXES
from userctl.security.password_hashes.parsed_hash import (
    LONGEST_HASH,
    ParsedHash,
    unusable_hash_error,
)

_MODULES = {"bcrypt-variant": "bcrypt", "hmac-sha512": "keyed", "pepper": "keyed"}
"""The modules of families that have none of their own name."""

_FAMILIES = {prefix: family for family, prefixes in PREFIXES.items() for prefix in prefixes}
_LONGEST_PREFIX = max(map(len, _FAMILIES))


def parse(text: str) -> ParsedHash:
    """Parse a hash that another system made.

    Raises:
        InvalidInput: if it is of no known family, malformed, or too costly to verify.
    """
    if len(text) > LONGEST_HASH:
        raise unusable_hash_error(f"it has {len(text):,} characters")
    if not text.isascii():
        raise unusable_hash_error("it has characters that are not ASCII")
    plain = text[2:] if text.startswith(VERSION_PREFIXES) else text
    start = plain[:_LONGEST_PREFIX].lower()
    for prefix, family in _FAMILIES.items():
        if start.startswith(prefix):
            module = import_module(f"{__name__}.{_MODULES.get(family, family)}")
            parsed: ParsedHash = module.parse(plain)
            return parsed
    raise InvalidInput("Not a hash that userctl can verify.")


def is_verifiable(text: object) -> bool:
    """Tell whether a hash can be verified, given its secret if it was made with one."""
    try:
        parse(str(text))
    except InvalidInput:
        return False
    return True
