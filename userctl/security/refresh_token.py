"""The text of refresh tokens: opaque, recognisable, and checkable without a query."""

import hashlib
import re
import secrets
import zlib

from userctl.errors import TokenInvalid

PREFIX = "uctl_rt_"
_FORM = re.compile(rf"{PREFIX}[0-9a-f]{{64}}[0-9a-f]{{8}}")


def draw() -> str:
    """Return a new token: the prefix, 256 random bits and a checksum, in hexadecimal."""
    body = PREFIX + secrets.token_hex(32)
    return body + _checksum(body)


def digest(token: str) -> str:
    """Return the SHA-256 under which a token is stored.

    Raises:
        TokenInvalid: if the text is no refresh token, or was mistyped.
    """
    if not _FORM.fullmatch(token) or _checksum(token[:-8]) != token[-8:]:
        raise TokenInvalid("This is not a refresh token of userctl, or a part of it is missing.")
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode('ascii')):08x}"
