"""Hashing passwords with bcrypt, and verifying them."""

import re
import unicodedata

import bcrypt

from userctl.core import stand_in_hash

MAXIMUM_BYTES = 72
"""bcrypt reads no further, and would silently cut off a longer password."""

MINIMUM_COST, MAXIMUM_COST = 4, 20
"""The lowest cost that bcrypt knows, and the highest that still ends within minutes."""

_LAST_OF_SALT = 28
"""The index of the last character of the salt, which follows ``$2b$12$`` with 22 characters."""

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
        return bcrypt.hashpw(
            normalize_password(password).encode(), bcrypt.gensalt(self._cost)
        ).decode()

    def verify(self, password: str, hashed: str) -> bool:
        """Tell whether a password matches a hash.

        A mismatch takes the time of one hash of the configured cost, whatever is stored, so that
        its time reveals nothing. Only a stored hash of a higher cost takes longer.
        """
        try:
            secret = normalize_password(password).encode()
        except UnicodeEncodeError:
            secret = b""
        cost = _cost_of(hashed)
        if len(secret) > MAXIMUM_BYTES or b"\0" in secret or cost is None:
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


def is_bcrypt_hash(text: str) -> bool:
    """Tell whether a text is a bcrypt hash that some password can match."""
    # The salt has 128 bits, so only the first two bits of its last character count.
    return _cost_of(text) is not None and text[_LAST_OF_SALT] in ".Oeu"


def _cost_of(hashed: object) -> int | None:
    """Return the cost of a bcrypt hash, or None for another text or a cost that takes hours."""
    found = _BCRYPT.fullmatch(str(hashed))
    cost = int(found[1]) if found else 0
    return cost if MINIMUM_COST <= cost <= MAXIMUM_COST else None
