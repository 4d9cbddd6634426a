"""The encodings of salts and digests."""

import base64
import binascii
import re

from userctl.security.password_hashes.parsed_hash import unusable_hash_error

_URL_SAFE = str.maketrans("-_.", "+/+")
"""From the base64 of URLs (RFC 4648, section 5), and from that of passlib."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+", re.ASCII)

LARGEST_SALT, LARGEST_DIGEST = 512, 256
SMALLEST_DIGEST = 16
"""Sizes in bytes."""


def from_base64(text: str) -> bytes:
    """Return the bytes of base64, in any of its alphabets, with or without padding.

    Raises:
        InvalidInput: if it is not base64.
    """
    plain = text.rstrip("=").translate(_URL_SAFE)
    if not _BASE64.fullmatch(plain) and plain:
        raise unusable_hash_error("a part of it is not base64")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise unusable_hash_error("a part of it is not base64") from None


def from_hex(text: str) -> bytes:
    """Return the bytes of hexadecimal digits.

    Raises:
        InvalidInput: if there are other characters.
    """
    try:
        return binascii.unhexlify(text)
    except (ValueError, binascii.Error):
        raise unusable_hash_error("a part of it is not hexadecimal") from None


def to_base64(value: bytes) -> str:
    """Return base64 without padding, as PHC strings have it."""
    return base64.b64encode(value).decode().rstrip("=")


def require_sizes(salt: bytes, digest: bytes) -> None:
    """Make sure that a salt and a digest have plausible sizes.

    Raises:
        InvalidInput: if not.
    """
    if len(salt) > LARGEST_SALT:
        raise unusable_hash_error(f"its salt has {len(salt):,} bytes")
    if not SMALLEST_DIGEST <= len(digest) <= LARGEST_DIGEST:
        raise unusable_hash_error(f"its digest has {len(digest):,} bytes")
