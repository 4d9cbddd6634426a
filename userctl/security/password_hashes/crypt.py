"""The hashes of crypt(3) and of phpass, which libpass verifies."""

import re
from importlib import import_module

from userctl.security.password_hashes import bcrypt
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    missing_library_error,
    require_affordable,
    unusable_hash_error,
)

_SALT = r"[./A-Za-z0-9]"
_FORMS = {
    "md5_crypt": re.compile(rf"\$1\$[^$:\s]{{0,8}}\${_SALT}{{22}}", re.ASCII),
    "apr_md5_crypt": re.compile(rf"\$apr1\$[^$:\s]{{0,8}}\${_SALT}{{22}}", re.ASCII),
    "sha256_crypt": re.compile(
        rf"\$5\$(?:rounds=(\d{{1,9}})\$)?[^$:\s]{{0,16}}\${_SALT}{{43}}", re.A
    ),
    "sha512_crypt": re.compile(
        rf"\$6\$(?:rounds=(\d{{1,9}})\$)?[^$:\s]{{0,16}}\${_SALT}{{86}}", re.A
    ),
    "phpass": re.compile(rf"\$[PH]\$({_SALT}){_SALT}{{8}}{_SALT}{{22}}", re.ASCII),
    "des_crypt": re.compile(rf"{_SALT}{{13}}", re.ASCII),
}

_DEFAULT_ROUNDS = 5000
_SECONDS_PER_ROUND = {"sha256_crypt": 6e-7, "sha512_crypt": 7e-7, "phpass": 6e-7}
_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WEAK = {"md5_crypt", "apr_md5_crypt", "des_crypt"}
_MD5_SECONDS = 0.001


def parse(text: str) -> ParsedHash:
    """Parse a hash, which may have the prefix ``{CRYPT}``, as in LDAP.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    plain = text[len("{CRYPT}") :] if text[:7].upper() == "{CRYPT}" else text
    if plain.startswith("$2"):
        return bcrypt.parse(plain)
    for name, pattern in _FORMS.items():
        if found := pattern.fullmatch(plain):
            return _build_hash(name, plain, found[1] if found.groups() else None)
    raise unusable_hash_error("it is not a well-formed crypt hash")


def _build_hash(name: str, text: str, rounds: str | None) -> ParsedHash:
    if name == "phpass":
        count = 2 ** _ALPHABET.index(str(rounds))
    else:
        count = int(rounds) if rounds else _DEFAULT_ROUNDS
    seconds = count * _SECONDS_PER_ROUND[name] if name in _SECONDS_PER_ROUND else _MD5_SECONDS
    require_affordable(seconds)

    def matches(password: bytes, _secrets: object) -> bool:
        try:
            handlers = import_module("passlib.hash")
        except ImportError:
            raise missing_library_error("hashes of crypt and phpass", "libpass>=1.9.4") from None
        try:
            return bool(getattr(handlers, name).verify(password, text))
        except (ValueError, TypeError):
            return False

    return ParsedHash("crypt", seconds, 0, matches, is_weak=name in _WEAK)
