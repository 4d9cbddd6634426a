"""Keys for the tests: one of each algorithm, generated once."""

from datetime import UTC, datetime
from functools import cache

from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm
from userctl.security.keyring import Keyring, RingKey
from userctl.security.new_keys import generate_key

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "EdDSA", "ES256", "RS256")
ASYMMETRIC = ALGORITHMS[1:]


@cache
def key_for(algorithm: Algorithm) -> SigningKey:
    """Return the key of an algorithm; RSA keys take long to generate."""
    return generate_key(algorithm)


def ring_of(key: SigningKey) -> Keyring:
    """Return a ring in which this key signs."""
    return Keyring((RingKey(key, "active", created_at=NOW, activated_at=NOW),))
