"""Opaque tokens: random text that can be recognized and checked for typos without a query."""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass
from functools import cached_property

from userctl.core.errors import TokenInvalid
from userctl.core.token_prefixes import API_PREFIX, REFRESH_PREFIX


@dataclass(frozen=True)
class OpaqueToken:
    """A kind of token: a prefix, 256 random bits and a checksum, in hexadecimal.

    Args:
        prefix: the beginning of its text, by which people and secret scanners recognize it.
        name: what messages call it, with its article.
    """

    prefix: str
    name: str

    @cached_property
    def _form(self) -> re.Pattern[str]:
        return re.compile(rf"{self.prefix}[0-9a-f]{{72}}")

    def generate(self) -> str:
        """Return a new token."""
        body = self.prefix + secrets.token_hex(32)
        return body + _checksum(body)

    def digest(self, token: str) -> str:
        """Return the SHA-256 under which a token is stored.

        Raises:
            TokenInvalid: if the text is not a token of this kind, or was mistyped.
        """
        if not self._form.fullmatch(token) or _checksum(token[:-8]) != token[-8:]:
            raise TokenInvalid(f"This is not {self.name} issued by userctl, or it is mistyped.")
        return hashlib.sha256(token.encode("ascii")).hexdigest()

    def resembles(self, text: str) -> bool:
        """Tell whether a text has the prefix of this kind of token."""
        return text.startswith(self.prefix)


REFRESH_TOKEN = OpaqueToken(REFRESH_PREFIX, "a refresh token")
API_TOKEN = OpaqueToken(API_PREFIX, "an API token")

LONGEST_FOREIGN_TOKEN = 4096
"""The longest refresh token that an application may have issued; a JWT has a few hundred
characters."""


def refresh_digest(token: str) -> str:
    """Return the SHA-256 under which a refresh token is stored, issued by us or an application.

    The tokens of an application may have any form, so only the database can tell whether one is
    valid.

    Raises:
        TokenInvalid: if the text has one of our prefixes and is not such a refresh token, or cannot
            be any program's token.
    """
    if REFRESH_TOKEN.resembles(token) or API_TOKEN.resembles(token):
        return REFRESH_TOKEN.digest(token)
    if not (0 < len(token) <= LONGEST_FOREIGN_TOKEN and token.isprintable()):
        raise TokenInvalid("This is not a refresh token.")
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode('ascii')):08x}"
