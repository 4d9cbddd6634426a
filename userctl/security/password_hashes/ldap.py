"""The digests of LDAP (RFC 2307), with and without a salt, in any case."""

import hashlib
import hmac
import re

from userctl.security.password_hashes.encodings import LARGEST_SALT, from_base64
from userctl.security.password_hashes.parsed_hash import ParsedHash, unusable_hash_error

_FORM = re.compile(
    r"\{(?:(S?)(SHA|MD5)|(S?)SHA-?(224|256|384|512)|(SMD5))\}([A-Za-z0-9+/=]*)",
    re.ASCII | re.IGNORECASE,
)
_SECONDS = 1e-6


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise unusable_hash_error("it is not a well-formed LDAP digest")
    salted = bool(found[1] or found[3] or found[5])
    name = "md5" if found[5] else (found[2] or f"sha{found[4]}").lower()
    algorithm = "sha1" if name == "sha" else name
    raw = from_base64(found[6])
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    digest, salt = raw[:size], raw[size:]
    if len(digest) != size or bool(salt) != salted or len(salt) > LARGEST_SALT:
        raise unusable_hash_error("its digest has another size")

    def matches(password: bytes, _secrets: object) -> bool:
        made = hashlib.new(algorithm, password + salt, usedforsecurity=False).digest()
        return hmac.compare_digest(made, digest)

    return ParsedHash("ldap", _SECONDS, 0, matches, is_weak=True)
