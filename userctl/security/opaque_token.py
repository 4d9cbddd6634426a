"""The text of tokens that say nothing: recognisable, and checkable without a query."""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass

from userctl.core.errors import TokenInvalid
from userctl.core.token_prefixes import API_PREFIX, REFRESH_PREFIX


@dataclass(frozen=True)
class OpaqueToken:
    """A kind of token: a prefix, 256 random bits and a checksum, in hexadecimal.

    Args:
        prefix: what its text begins with, so that people and secret scanners know it.
        name: what it is called in a message.
    """

    prefix: str
    name: str

    def draw(self) -> str:
        """Return a new token."""
        body = self.prefix + secrets.token_hex(32)
        return body + _checksum(body)

    def digest(self, token: str) -> str:
        """Return the SHA-256 under which a token is stored.

        Raises:
            TokenInvalid: if the text is no token of this kind, or was mistyped.
        """
        well_formed = re.fullmatch(rf"{self.prefix}[0-9a-f]{{72}}", token)
        if not well_formed or _checksum(token[:-8]) != token[-8:]:
            raise TokenInvalid(f"This is not {self.name} of userctl, or a part of it is missing.")
        return hashlib.sha256(token.encode("ascii")).hexdigest()

    def resembles(self, text: str) -> bool:
        """Tell whether a text means to be a token of this kind."""
        return text.startswith(self.prefix)


REFRESH_TOKEN = OpaqueToken(REFRESH_PREFIX, "a refresh token")
API_TOKEN = OpaqueToken(API_PREFIX, "an API token")

LONGEST_FOREIGN = 4096
"""How many characters a refresh token may have that an application drew: a JWT has some hundred."""


def refresh_digest(token: str) -> str:
    """Return the SHA-256 under which a refresh token is stored, ours or that of an application.

    Nothing can be told of the form of a token that an application drew, so only the database knows
    whether it is one.

    Raises:
        TokenInvalid: if the text means to be a token of ours and is none, or can be nobody's.
    """
    if REFRESH_TOKEN.resembles(token) or API_TOKEN.resembles(token):
        return REFRESH_TOKEN.digest(token)
    if not (0 < len(token) <= LONGEST_FOREIGN and token.isprintable()):
        raise TokenInvalid("This is no refresh token.")
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode('ascii')):08x}"
