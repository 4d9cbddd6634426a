"""Hashing passwords, and which ones are accepted."""

import re
import secrets
import unicodedata
from functools import cache

import bcrypt

from userctl.core.errors import PasswordRejected

MAXIMUM_BYTES = 72
"""bcrypt reads no further; a longer password would be cut off in silence."""

MINIMUM_COST, MAXIMUM_COST = 4, 20
"""What bcrypt knows at least, and what still ends within minutes."""

_LAST_OF_SALT = 28
"""Where the salt of a hash ends: after ``$2b$12$`` it has 22 characters."""

_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)

GENERATED_LENGTH = 20
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that are not mistaken for each other."""


def normalize_password(password: str) -> str:
    """Return the NFC form, so that a password typed on another keyboard is the same."""
    return unicodedata.normalize("NFC", password)


def generate_password(minimum_length: int = 0) -> str:
    """Return a random password of more than 110 bits from the system's generator."""
    length = max(minimum_length, GENERATED_LENGTH)
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


class PasswordPolicy:
    """Which passwords are accepted, after NIST SP 800-63B-4, section 3.1.1.2."""

    def __init__(self, *, minimum_length: int) -> None:
        self.minimum_length = minimum_length

    def check(
        self, password: str, *, email: str, name: str | None, present: str | None = None
    ) -> None:
        """Accept a password for an account.

        Args:
            password: the new password.
            email: the address of the account.
            name: the name of its owner.
            present: the password that it shall replace, if that is known.

        Raises:
            PasswordRejected: with every reason at once.
        """
        password = normalize_password(password)
        reasons = [
            *_unusable(password),
            *self._too_short(password),
            *_guessable(password, email=email, name=name),
            *_unchanged(password, present),
        ]
        if reasons:
            raise PasswordRejected(reasons)

    def _too_short(self, password: str) -> list[str]:
        if len(password) >= self.minimum_length:
            return []
        return [f"it has {len(password)} characters and needs {self.minimum_length}"]


def _unusable(password: str) -> list[str]:
    try:
        length = len(password.encode())
    except UnicodeEncodeError:
        return ["it is not valid UTF-8"]
    reasons = []
    if length > MAXIMUM_BYTES:
        reasons.append(f"it has {length} bytes and bcrypt takes at most {MAXIMUM_BYTES}")
    if "\0" in password:
        reasons.append("it contains a NUL character")
    return reasons


def _guessable(password: str, *, email: str, name: str | None) -> list[str]:
    folded = password.casefold()
    reasons = []
    if folded in _common_passwords():
        reasons.append("it is one of the most common passwords")
    own = {email, email.partition("@")[0], *([name] if name else [])}
    if folded in {normalize_password(word).casefold() for word in own}:
        reasons.append("it is the account's own e-mail address or name")
    return reasons


def _unchanged(password: str, present: str | None) -> list[str]:
    if present is None or password != normalize_password(present):
        return []
    return ["it is the password that it should replace"]


@cache
def _common_passwords() -> frozenset[str]:
    # The list is large, and only a command that sets a password pays for it.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])


class PasswordHasher:
    """bcrypt hashes in the ``$2b$`` form that every bcrypt library verifies."""

    def __init__(self, *, cost: int) -> None:
        self._cost = cost

    def hash(self, password: str) -> str:
        """Return the hash of an accepted password."""
        return bcrypt.hashpw(
            normalize_password(password).encode(), bcrypt.gensalt(self._cost)
        ).decode()

    def verify(self, password: str, hashed: str) -> bool:
        """Tell whether a password matches.

        A refusal costs one hash of the configured cost whatever is handed in, so that its time
        does not tell what is stored; only a hash that costs more takes longer.
        """
        try:
            secret = normalize_password(password).encode()
        except UnicodeEncodeError:
            secret = b""
        cost = _cost_of(hashed)
        if len(secret) > MAXIMUM_BYTES or b"\0" in secret or cost is None:
            # No stored hash comes from such a password, or what is stored is no bcrypt hash.
            secret, hashed, cost = b"", self.unmatchable(), self._cost
        try:
            matches = bcrypt.checkpw(secret, hashed.encode())
        except ValueError:
            # bcrypt finds fault with the salt.
            return bcrypt.checkpw(secret, self.unmatchable().encode())
        if not matches:
            self._make_up_for(cost)
        return matches

    def _make_up_for(self, cost: int) -> None:
        """Add to the price of a cheaper hash what it lacks: 2^c + 2^c + ... + 2^(n-1) = 2^n."""
        for lower in range(cost, self._cost):
            bcrypt.hashpw(b"", f"$2b${lower:02d}${'.' * 22}".encode())

    def unmatchable(self) -> str:
        """Return a well-formed hash that no known password has: salt and digest all zero."""
        return f"$2b${self._cost:02d}${'.' * 53}"

    def is_outdated(self, hashed: str) -> bool:
        """Tell whether a hash has a lower cost than new ones get."""
        cost = _cost_of(hashed)
        return cost is not None and cost < self._cost


def is_unmatchable(hashed: str) -> bool:
    """Tell whether a hash is the stand-in of an account without a usable password."""
    return hashed.endswith("." * 53)


def is_bcrypt_hash(text: str) -> bool:
    """Tell whether a text is a hash that some password can match."""
    # The salt has 128 bits, so of its last character only the first two count.
    return _cost_of(text) is not None and text[_LAST_OF_SALT] in ".Oeu"


def _cost_of(hashed: object) -> int | None:
    """Return the cost of a bcrypt hash; None for what is none, or would take for ever."""
    found = _BCRYPT.fullmatch(str(hashed))
    cost = int(found[1]) if found else 0
    return cost if MINIMUM_COST <= cost <= MAXIMUM_COST else None
