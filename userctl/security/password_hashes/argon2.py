"""argon2 (RFC 9106) as PHC strings, and as Django and LDAP write them."""

import re

from userctl.security.password_hashes.encodings import from_base64, require_sizes
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    missing_library_error,
    require_affordable,
    unusable_hash_error,
)

_KIB_PER_SECOND = 900 * 1024
"""How much memory is filled, over all passes."""

_FORM = re.compile(
    r"(?:argon2|\{ARGON2\})?"
    r"(\$argon2(id|i|d)(?:\$v=(?:16|19))?\$m=(\d{1,8}),t=(\d{1,6}),p=(\d{1,3})"
    r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+))",
    re.ASCII | re.IGNORECASE,
)


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise unusable_hash_error("it is not a well-formed argon2 hash")
    encoded, kind = found[1], found[2]
    memory, passes = int(found[3]), int(found[4])
    require_sizes(from_base64(found[6]), from_base64(found[7]))
    seconds = memory * passes / _KIB_PER_SECOND
    require_affordable(seconds, memory * 1024)

    def matches(password: bytes, _secrets: object) -> bool:
        try:
            from argon2 import Type, low_level  # noqa: PLC0415
            from argon2.exceptions import Argon2Error  # noqa: PLC0415
        except ImportError:
            raise missing_library_error("hashes of argon2", "argon2-cffi>=25.1") from None
        types = {"id": Type.ID, "i": Type.I, "d": Type.D}
        try:
            return bool(low_level.verify_secret(encoded.encode(), password, types[kind.lower()]))
        except Argon2Error:
            return False

    return ParsedHash("argon2", seconds, memory * 1024, matches)
