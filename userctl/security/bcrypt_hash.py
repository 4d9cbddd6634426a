"""Recognition of bcrypt hashes, and of those that userctl itself made."""

import base64
import hashlib
import os
import re

MINIMUM_COST, MAXIMUM_COST = 4, 16
"""The lowest cost of bcrypt, and the highest with which a check takes at most 5 s."""

_SALT_START = len("$2b$12$")
_SALT_BYTES, _CHECKSUM_BYTES = 16, 4
_LAST_OF_SALT = 28
"""The index of the last character of the salt, which follows ``$2b$12$`` with 22 characters."""

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT_BASE64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TO_BCRYPT = str.maketrans(_BASE64, _BCRYPT_BASE64)
_FROM_BCRYPT = str.maketrans(_BCRYPT_BASE64, _BASE64)

_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)


def own_salt(cost: int) -> bytes:
    """Return a random salt by which :func:`is_own_hash` recognizes a hash made with it.

    96 bits are random, so that no two hashes have the same salt, and 32 are a checksum of these.
    A hash can then be recognized as ours, wherever it was copied to and whatever else writes to the
    table; to every other program its salt is like any other.
    """
    random = os.urandom(_SALT_BYTES - _CHECKSUM_BYTES)
    encoded = base64.b64encode(random + _salt_checksum(random)).decode().rstrip("=")
    return f"$2b${cost:02d}${encoded.translate(_TO_BCRYPT)}".encode()


def is_own_hash(hashed: object) -> bool:
    """Tell whether userctl made a hash of a new password.

    The answer is wrong for one in four billion hashes of other programs, and for those
    that userctl 0.1.0 made.
    """
    if cost_of(hashed) is None:
        return False
    encoded = str(hashed)[_SALT_START : _LAST_OF_SALT + 1].translate(_FROM_BCRYPT)
    salt = base64.b64decode(f"{encoded}==")
    random = salt[:-_CHECKSUM_BYTES]
    return salt[-_CHECKSUM_BYTES:] == _salt_checksum(random)


def _salt_checksum(random: bytes) -> bytes:
    return hashlib.sha256(b"userctl" + random).digest()[:_CHECKSUM_BYTES]


def is_bcrypt_hash(text: object) -> bool:
    """Tell whether a text is a bcrypt hash that some password can match."""
    # The salt has 128 bits, so only the first two bits of its last character count.
    return cost_of(text) is not None and str(text)[_LAST_OF_SALT] in ".Oeu"


def cost_of(hashed: object) -> int | None:
    """Return the cost of a bcrypt hash, or None for another text or a cost that takes too long."""
    found = _BCRYPT.fullmatch(str(hashed))
    cost = int(found[1]) if found else 0
    return cost if MINIMUM_COST <= cost <= MAXIMUM_COST else None
