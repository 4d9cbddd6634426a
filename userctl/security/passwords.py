"""Hashing passwords with bcrypt, and verifying them."""

import base64
import hashlib
import os
import re
import unicodedata

import bcrypt

from userctl.core import stand_in_hash

MAXIMUM_BYTES = 72
"""bcrypt reads no further, and would silently cut off a longer password."""

MINIMUM_COST, MAXIMUM_COST = 4, 20
"""The lowest cost that bcrypt knows, and the highest that still ends within minutes."""

_SALT_START = len("$2b$12$")
_SALT_BYTES, _CHECKSUM_BYTES = 16, 4
_LAST_OF_SALT = 28
"""The index of the last character of the salt, which follows ``$2b$12$`` with 22 characters."""

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT_BASE64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TO_BCRYPT = str.maketrans(_BASE64, _BCRYPT_BASE64)
_FROM_BCRYPT = str.maketrans(_BCRYPT_BASE64, _BASE64)

_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)


def normalize_password(password: str) -> str:
    """Return the NFC form, so that a password typed on another keyboard is the same."""
    return unicodedata.normalize("NFC", password)


class PasswordHasher:
    """bcrypt hashes in the ``$2b$`` form that every bcrypt library verifies."""

    def __init__(self, *, cost: int) -> None:
        self._cost = cost

    def hash(self, password: str) -> str:
        """Return the hash of a password that the policy accepted."""
        salt = own_salt(self._cost)
        return bcrypt.hashpw(normalize_password(password).encode(), salt).decode()

    def verify(self, password: str, hashed: str) -> bool:
        """Tell whether a password matches a hash.

        A hash of our own is of the NFC form alone. Another program may have hashed what was typed
        as it was typed, and nothing after the 72nd byte; a password that does not fit into NFC and
        72 bytes is tried in each of these ways.

        A mismatch takes the time of one hash of the configured cost for each way, whatever is
        stored, so that its time reveals nothing. Only a stored hash of a higher cost takes longer.
        """
        return self._match(password, hashed) is not None

    def rehash(self, password: str, hashed: str) -> str:
        """Return a hash of the configured cost in place of one that the password matches.

        It is of the same bytes, since another program may pass the same to bcrypt again.
        """
        secret = self._match(password, hashed)
        assert secret is not None, "Only a password that matches is hashed again."
        salt = own_salt(self._cost) if is_own_hash(hashed) else bcrypt.gensalt(self._cost)
        return bcrypt.hashpw(secret, salt).decode()

    def _match(self, password: str, hashed: str) -> bytes | None:
        """Return the bytes of a password that a hash is of, or None if it is of another one."""
        own = is_own_hash(hashed)
        for secret, is_canonical in _secrets(password).items():
            if self._matches(secret, hashed if is_canonical or not own else ""):
                return secret
        return None

    def _matches(self, secret: bytes | None, hashed: str) -> bool:
        cost = _cost_of(hashed)
        if secret is None or cost is None:
            # No hash can come from such a password, or the stored value is not a bcrypt hash.
            secret, hashed, cost = b"", self.unmatchable(), self._cost
        try:
            matches = bcrypt.checkpw(secret, hashed.encode())
        except ValueError:
            # bcrypt rejects the salt.
            return bcrypt.checkpw(secret, self.unmatchable().encode())
        if not matches:
            self._equalize_time(cost)
        return matches

    def _equalize_time(self, cost: int) -> None:
        """Spend the time that a cheaper hash saved: 2^c + 2^c + ... + 2^(n-1) = 2^n."""
        for lower in range(cost, self._cost):
            bcrypt.hashpw(b"", f"$2b${lower:02d}${'.' * 22}".encode())

    def unmatchable(self) -> str:
        """Return a well-formed hash that no known password matches."""
        return stand_in_hash.stand_in(self._cost)

    def emptied(self) -> str:
        """Return what is stored where another program removes a hash."""
        return stand_in_hash.emptied(self._cost)

    def is_outdated(self, hashed: str) -> bool:
        """Tell whether a hash has a lower cost than new ones get."""
        cost = _cost_of(hashed)
        return cost is not None and cost < self._cost


def own_salt(cost: int) -> bytes:
    """Return a random salt by which :func:`is_own_hash` knows the hash made with it.

    96 bits are random, so that no two hashes have the same salt, and 32 are a checksum of these.
    A hash then tells by itself that it is one of ours, wherever it was copied to and whatever else
    writes to the table; to every other program its salt is like any other.
    """
    random = os.urandom(_SALT_BYTES - _CHECKSUM_BYTES)
    encoded = base64.b64encode(random + _salt_checksum(random)).decode().rstrip("=")
    return f"$2b${cost:02d}${encoded.translate(_TO_BCRYPT)}".encode()


def is_own_hash(hashed: object) -> bool:
    """Tell whether :class:`PasswordHasher` made a hash of a new password.

    The answer is wrong for one in four thousand million hashes of other programs, and for those
    that userctl 0.1.0 made.
    """
    if _cost_of(hashed) is None:
        return False
    encoded = str(hashed)[_SALT_START : _LAST_OF_SALT + 1].translate(_FROM_BCRYPT)
    salt = base64.b64decode(f"{encoded}==")
    random = salt[:-_CHECKSUM_BYTES]
    return salt[-_CHECKSUM_BYTES:] == _salt_checksum(random)


def _salt_checksum(random: bytes) -> bytes:
    return hashlib.sha256(b"userctl" + random).digest()[:_CHECKSUM_BYTES]


def _secrets(password: str) -> dict[bytes | None, bool]:
    """Return what a password may be to bcrypt, and whether that is what we would hash.

    None stands for a password of which no program makes a hash.
    """
    try:
        canonical, *others = (
            form.encode()
            for form in (
                normalize_password(password),
                password,
                unicodedata.normalize("NFD", password),
            )
        )
    except UnicodeEncodeError:
        return {None: True}
    if b"\0" in canonical:
        return {None: True}
    # One that is too long is none that we would hash.
    found: dict[bytes | None, bool] = {canonical[:MAXIMUM_BYTES]: len(canonical) <= MAXIMUM_BYTES}
    for other in others:
        found.setdefault(other[:MAXIMUM_BYTES], False)
    return found


def is_bcrypt_hash(text: str) -> bool:
    """Tell whether a text is a bcrypt hash that some password can match."""
    # The salt has 128 bits, so only the first two bits of its last character count.
    return _cost_of(text) is not None and text[_LAST_OF_SALT] in ".Oeu"


def _cost_of(hashed: object) -> int | None:
    """Return the cost of a bcrypt hash, or None for another text or a cost that takes hours."""
    found = _BCRYPT.fullmatch(str(hashed))
    cost = int(found[1]) if found else 0
    return cost if MINIMUM_COST <= cost <= MAXIMUM_COST else None
