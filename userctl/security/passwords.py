"""Hashing passwords with bcrypt, and verifying them."""

import unicodedata
from collections.abc import Iterator
from time import perf_counter

import bcrypt

from userctl.core import stand_in_hash
from userctl.core.errors import InvalidInput
from userctl.security import password_hashes
from userctl.security.bcrypt_hash import (
    MINIMUM_COST,
    cost_of,
    is_bcrypt_hash,
    is_own_hash,
    own_salt,
)
from userctl.security.password_hashes.parsed_hash import ParsedHash, SecretSource
from userctl.security.secret_files import NO_SECRETS

MAXIMUM_BYTES = 72
"""bcrypt reads no more, and would silently truncate a longer password."""

_PIECES_LOG2 = 6
"""The binary logarithm of how many pieces a hash takes: each is less than two hundredths of it."""


def normalize_password(password: str) -> str:
    """Return the NFC form, so that a password typed on another keyboard is the same."""
    return unicodedata.normalize("NFC", password)


class PasswordHasher:
    """bcrypt hashes in the ``$2b$`` form that every bcrypt library verifies.

    Args:
        cost: the cost of new hashes.
        password_secrets: returns a secret that hashes of another system were made with.
    """

    def __init__(self, *, cost: int, password_secrets: SecretSource = NO_SECRETS) -> None:
        self._cost = cost
        self._secrets = password_secrets

    def hash(self, password: str) -> str:
        """Return the hash of a password that the policy accepted."""
        salt = own_salt(self._cost)
        return bcrypt.hashpw(normalize_password(password).encode(), salt).decode()

    def verify(self, password: str, hashed: str) -> bool:
        """Tell whether a password matches a hash.

        Our own hashes are of the NFC form alone. Another program may have hashed a password as it
        was typed, and only its first 72 bytes; a password that is not in NFC or is longer is tried
        in each of these ways.

        A mismatch takes the time of one hash of the configured cost for each way, whatever is
        stored, so that its time reveals nothing. Only a stored hash of a higher cost takes longer.

        Raises:
            MigrationSecretMissing: if the hash was made with a secret that is not there.
            PasswordLibraryMissing: if the hash needs a library that is not installed.
        """
        foreign = _parse_foreign(hashed)
        if foreign is not None:
            return self._matches_foreign(password, foreign)
        return self._match(password, hashed) is not None

    def rehash(self, password: str, hashed: str) -> str:
        """Return a hash of the configured cost to replace one that the password matches.

        It hashes the same bytes, since another program may pass them to bcrypt again.
        """
        secret = self._match(password, hashed)
        assert secret is not None, "Only a password that matches is hashed again."
        salt = own_salt(self._cost) if is_own_hash(hashed) else bcrypt.gensalt(self._cost)
        return bcrypt.hashpw(secret, salt).decode()

    def _match(self, password: str, hashed: str) -> bytes | None:
        """Return the bytes of a password that match a hash, or None if it does not match."""
        own = is_own_hash(hashed)
        for secret, is_canonical in _candidate_secrets(password).items():
            if self._matches(secret, hashed if is_canonical or not own else ""):
                return secret
        return None

    def _matches(self, secret: bytes | None, hashed: str) -> bool:
        cost = cost_of(hashed)
        if secret is None or cost is None:
            # Such a password has no hash, or the stored value is not a bcrypt hash.
            secret, hashed, cost = b"", self.unmatchable_hash(), self._cost
        try:
            matches = bcrypt.checkpw(secret, hashed.encode())
        except ValueError:
            # bcrypt rejects the salt.
            return bcrypt.checkpw(secret, self.unmatchable_hash().encode())
        if not matches:
            self._equalize_time(cost)
        return matches

    def _matches_foreign(self, password: str, hashed: ParsedHash) -> bool:
        start = perf_counter()
        for secret in _foreign_secrets(password):
            if hashed.matches(secret, self._secrets):
                return True
        self._spend_remaining_time(perf_counter() - start, ways=len(_candidate_secrets(password)))
        return False

    def _spend_remaining_time(self, spent: float, *, ways: int) -> None:
        """Spend the time of some hashes of the configured cost, less ``spent`` seconds.

        The pieces in which it is spent show how long that is under the current load.
        """
        cost = max(MINIMUM_COST, self._cost - _PIECES_LOG2)
        pieces = ways * 2 ** (self._cost - cost)
        start, done = perf_counter(), 0
        while not done or spent + (elapsed := perf_counter() - start) < elapsed / done * pieces:
            bcrypt.hashpw(b"", f"$2b${cost:02d}${'.' * 22}".encode())
            done += 1

    def _equalize_time(self, cost: int) -> None:
        """Spend the time that a cheaper hash saved: 2^c + 2^c + ... + 2^(n-1) = 2^n."""
        for lower in range(cost, self._cost):
            bcrypt.hashpw(b"", f"$2b${lower:02d}${'.' * 22}".encode())

    def unmatchable_hash(self) -> str:
        """Return a well-formed hash that no known password matches."""
        return stand_in_hash.stand_in(self._cost)

    def removed_hash(self) -> str:
        """Return the hash that replaces one that another program removed."""
        return stand_in_hash.removed_hash(self._cost)

    def is_outdated(self, hashed: str) -> bool:
        """Tell whether a hash has a lower cost than new ones get."""
        cost = cost_of(hashed)
        return cost is not None and cost < self._cost


def password_hasher(cost: int, password_secrets: SecretSource) -> PasswordHasher:
    """Return a hasher that knows the secrets of other systems."""
    return PasswordHasher(cost=cost, password_secrets=password_secrets)


def _candidate_secrets(password: str) -> dict[bytes | None, bool]:
    """Return the bytes that bcrypt may have hashed, and whether we would hash them ourselves.

    None stands for a password that no program can hash.
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
    # We would not hash one that is too long.
    secrets: dict[bytes | None, bool] = {canonical[:MAXIMUM_BYTES]: len(canonical) <= MAXIMUM_BYTES}
    for other in others:
        secrets.setdefault(other[:MAXIMUM_BYTES], False)
    return secrets


def fits_bcrypt(password: str) -> bool:
    """Tell whether bcrypt reads all of a password, so that it may be hashed anew."""
    secret = normalize_password(password).encode()
    return len(secret) <= MAXIMUM_BYTES and b"\0" not in secret


def _parse_foreign(hashed: object) -> ParsedHash | None:
    """Parse a hash; None if another system did not make it, or it cannot be verified."""
    if is_bcrypt_hash(hashed):
        return None
    try:
        return password_hashes.parse(str(hashed))
    except InvalidInput:
        return None


def _foreign_secrets(password: str) -> Iterator[bytes]:
    """Yield what another system may have hashed: the password as it was typed, and normalized."""
    for form in dict.fromkeys((password, normalize_password(password))):
        try:
            secret = form.encode()
        except UnicodeEncodeError:
            return
        if b"\0" not in secret:
            yield secret


def add_hash_prefix(hashed: str, prefix: str | None) -> str:
    """Return a hash of a shared column with the prefix that says how it was made.

    Args:
        hashed: the hash.
        prefix: the prefix that the hashes of an application lack; None if they lack none.
    """
    if prefix is None or is_own_hash(hashed) or stand_in_hash.is_unmatchable(hashed):
        return hashed
    return prefix + hashed


def is_verifiable_hash(hashed: object) -> bool:
    """Tell whether a hash can be verified, if its secret and its library are there."""
    return is_bcrypt_hash(hashed) or _parse_foreign(hashed) is not None
