"""PBKDF2 (RFC 8018, section 5.2) as Django, Werkzeug, passlib, PHC, LDAP and ASP.NET write it."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping

from userctl.security.password_hashes.encodings import from_base64, from_hex, require_sizes
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    require_affordable,
    unusable_hash_error,
)

_ROUNDS_PER_SECOND = {"sha1": 4_500_000, "sha256": 3_400_000, "sha512": 1_700_000}

DEFAULT_PHC_ROUNDS = 100_000
"""What Auth0 assumes if the string does not say."""

_ASP_NET_DIGESTS = {0: "sha1", 1: "sha256", 2: "sha512"}
_ASP_NET_HEADER = 13

_Parts = tuple[str, str, bytes, bytes]
"""The digest algorithm, the rounds in digits, the salt and the digest."""


def _parts_with_text_salt(decode: Callable[[str], bytes]) -> Callable[["re.Match[str]"], _Parts]:
    return lambda found: (found[1], found[2], found[3].encode(), decode(found[4]))


def _parts_with_base64_salt(found: "re.Match[str]") -> _Parts:
    digest = (found[1] or "sha1").lower()
    return digest, found[2], from_base64(found[3]), from_base64(found[4])


def _phc_parts(found: "re.Match[str]") -> _Parts:
    rounds = found[2] or str(DEFAULT_PHC_ROUNDS)
    return found[1], rounds, from_base64(found[3]), from_base64(found[4])


_B64 = r"([A-Za-z0-9+/._=-]*)"
_FORMS: Mapping["re.Pattern[str]", Callable[["re.Match[str]"], _Parts]] = {
    re.compile(pattern, re.ASCII | flags): parts
    for pattern, flags, parts in (
        # Django.
        (
            r"pbkdf2_(sha1|sha256|sha512)\$(\d+)\$([^$]+)\$" + _B64,
            0,
            _parts_with_text_salt(from_base64),
        ),
        # Werkzeug.
        (r"pbkdf2:(sha1|sha256|sha512):(\d+)\$([^$]+)\$(\w+)", 0, _parts_with_text_salt(from_hex)),
        # passlib.
        (rf"\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d+)\${_B64}\${_B64}", 0, _parts_with_base64_salt),
        # PHC strings, as Auth0 and Kratos have them.
        (
            rf"\$pbkdf2-(sha1|sha256|sha512)(?:\$i=(\d+)(?:,l=\d+)?)?\${_B64}\${_B64}",
            0,
            _phc_parts,
        ),
        # LDAP.
        (
            rf"\{{PBKDF2(?:-(SHA1|SHA256|SHA512))?\}}(\d+)\${_B64}\${_B64}",
            re.IGNORECASE,
            _parts_with_base64_salt,
        ),
    )
}


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    for pattern, parts in _FORMS.items():
        if found := pattern.fullmatch(text):
            return _build_hash(*parts(found))
    if text.startswith("AQ"):
        return _build_hash(*_asp_net_parts(from_base64(text)))
    raise unusable_hash_error("it is not a well-formed PBKDF2 hash")


def _asp_net_parts(raw: bytes) -> _Parts:
    """Return the parts of a hash of ASP.NET Core Identity, version 3: numbers are big-endian."""
    numbers = [int.from_bytes(raw[place : place + 4]) for place in (1, 5, 9)]
    algorithm, rounds, size = numbers
    if len(raw) <= _ASP_NET_HEADER or algorithm not in _ASP_NET_DIGESTS:
        raise unusable_hash_error("it is not a well-formed ASP.NET Identity hash")
    rest = raw[_ASP_NET_HEADER:]
    return _ASP_NET_DIGESTS[algorithm], str(rounds), rest[:size], rest[size:]


def _build_hash(algorithm: str, digits: str, salt: bytes, digest: bytes) -> ParsedHash:
    require_sizes(salt, digest)
    # Python is slow to parse a number of a million digits.
    rounds = int(digits[:12])
    if rounds < 1:
        raise unusable_hash_error("it has no rounds")
    blocks = -(-len(digest) // hashlib.new(algorithm, usedforsecurity=False).digest_size)
    seconds = rounds * blocks / _ROUNDS_PER_SECOND[algorithm]
    require_affordable(seconds)

    def matches(password: bytes, _secrets: object) -> bool:
        found = hashlib.pbkdf2_hmac(algorithm, password, salt, rounds, len(digest))
        return hmac.compare_digest(found, digest)

    return ParsedHash("pbkdf2", seconds, 0, matches)
