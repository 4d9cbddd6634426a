"""scrypt (RFC 7914) as Django, Werkzeug, PHC strings and Kratos write it, and that of Firebase."""

import hashlib
import hmac
import re

from userctl.security.password_hashes.encodings import from_base64, from_hex, require_sizes
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    require_affordable,
    unusable_hash_error,
)

_BYTES_PER_SECOND = 450 * 2**20
"""How much of the memory of all lanes is filled and read."""

LARGEST_LOGARITHM = 63
"""A larger ``ln`` is not the logarithm of the cost but, as Kratos writes it, the cost itself."""

_B64 = r"([A-Za-z0-9+/._=-]*)"
_N = r"(\d{1,10})"
_DJANGO = re.compile(rf"scrypt\${_N}\$([^$]+)\${_N}\${_N}\${_B64}", re.ASCII)
_WERKZEUG = re.compile(rf"scrypt:{_N}:{_N}:{_N}\$([^$]+)\$(\w+)", re.ASCII)
_PHC = re.compile(rf"\$scrypt\$ln={_N},r={_N},p={_N}\${_B64}\${_B64}", re.ASCII)


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    if found := _DJANGO.fullmatch(text):
        numbers = int(found[1]), int(found[3]), int(found[4])
        salt, digest = found[2].encode(), from_base64(found[5])
    elif found := _WERKZEUG.fullmatch(text):
        numbers = int(found[1]), int(found[2]), int(found[3])
        salt, digest = found[4].encode(), from_hex(found[5])
    elif found := _PHC.fullmatch(text):
        cost = int(found[1])
        cost = 2**cost if cost <= LARGEST_LOGARITHM else cost
        numbers = cost, int(found[2]), int(found[3])
        salt, digest = from_base64(found[4]), from_base64(found[5])
    else:
        raise unusable_hash_error("it is not a well-formed scrypt hash")
    require_sizes(salt, digest)
    seconds, memory = estimate_cost(*numbers)

    def matches(password: bytes, _secrets: object) -> bool:
        return hmac.compare_digest(derive(password, salt, numbers, len(digest)), digest)

    return ParsedHash("scrypt", seconds, memory, matches)


def estimate_cost(cost: int, block_size: int, lanes: int) -> tuple[float, int]:
    """Return how many seconds and how many bytes of memory a check takes.

    Raises:
        InvalidInput: if that is more than a login may take, or scrypt has no such parameters.
    """
    if cost < 2 or cost & (cost - 1) or block_size < 1 or lanes < 1:
        raise unusable_hash_error("scrypt has no such parameters")
    memory = 128 * block_size * (cost + lanes)
    seconds = 128 * cost * block_size * lanes / _BYTES_PER_SECOND
    require_affordable(seconds, memory)
    return seconds, memory


def derive(password: bytes, salt: bytes, numbers: tuple[int, int, int], size: int) -> bytes:
    """Return the key that scrypt derives from a password."""
    cost, block_size, lanes = numbers
    # OpenSSL refuses more than 32 MiB otherwise, which is less than Werkzeug's default needs.
    memory = 132 * block_size * (cost + lanes) + 2**20
    return hashlib.scrypt(
        password, salt=salt, n=cost, r=block_size, p=lanes, maxmem=memory, dklen=size
    )
