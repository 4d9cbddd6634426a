"""Plain digests: a stolen one is as good as the password, so they are accepted only on request."""

import hashlib
import hmac
import re

from userctl.security.password_hashes.encodings import from_base64, from_hex, require_sizes
from userctl.security.password_hashes.parsed_hash import ParsedHash, unusable_hash_error

_NAMES = r"md5|sha1|sha256|sha512"
_SALTED = re.compile(rf"({_NAMES})\$([^$]*)\$([0-9a-fA-F]+)", re.ASCII)
"""As Django wrote it, and as Werkzeug did, which used the salt as the key of an HMAC."""

_PLACED = re.compile(
    rf"\$digest-({_NAMES})\$(prefix|suffix|key)\$([A-Za-z0-9+/=]*)\$([A-Za-z0-9+/=]+)", re.ASCII
)
"""With the salt before or after the password, or as an HMAC key; salt and digest in base64."""

_SECONDS = 1e-6


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    if found := _SALTED.fullmatch(text):
        name, salt, digest = found[1], found[2].encode(), from_hex(found[3])

        def candidates(password: bytes) -> list[bytes]:
            plain = hashlib.new(name, salt + password, usedforsecurity=False).digest()
            return [plain, hmac.digest(salt, password, name)] if salt else [plain]
    elif found := _PLACED.fullmatch(text):
        name, place = found[1], found[2]
        salt, digest = from_base64(found[3]), from_base64(found[4])

        def candidates(password: bytes) -> list[bytes]:
            if place == "key":
                return [hmac.digest(salt, password, name)]
            salted = salt + password if place == "prefix" else password + salt
            return [hashlib.new(name, salted, usedforsecurity=False).digest()]
    else:
        raise unusable_hash_error("it is not a well-formed plain digest")
    require_sizes(salt, digest)
    if len(digest) != hashlib.new(name, usedforsecurity=False).digest_size:
        raise unusable_hash_error(f"it is not as long as those of {name}")

    def matches(password: bytes, _secrets: object) -> bool:
        return any(hmac.compare_digest(made, digest) for made in candidates(password))

    return ParsedHash("digest", _SECONDS, 0, matches, is_weak=True)
