"""Checks of the signing keys."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from userctl.core.clock import Clock
from userctl.core.errors import CryptoMissing, SecretKeyMissing
from userctl.security.keyring import RingKey
from userctl.security.keys import KeySource
from userctl.services.doctor.finding import Finding, ok

OLD = timedelta(days=365)
"""How long a key may sign before it should be rotated."""


def signing_key(source: Callable[[], KeySource], clock: Clock) -> Iterable[Finding]:
    """Check the active key; a key that is too weak cannot even be loaded."""
    try:
        found = source()
        ring = found.load().at(clock())
    except SecretKeyMissing as error:
        return [Finding("warning", f"{error.message} Logins are not possible.", error.hint)]
    active = ring.active
    if active is None and found.is_embedded:
        return [ok("The first login generates a signing key.")]
    if active is None:
        return [Finding("failure", "The keyring is empty.", "Run 'userctl key generate'.")]
    try:
        _ = active.key.signer
    except CryptoMissing as error:
        return [Finding("failure", error.message, error.hint)]
    return [_age(active, clock)]


def _age(active: RingKey, clock: Clock) -> Finding:
    name, since = f"{active.key.algorithm} key {active.key.kid}", active.activated_at
    if since is None:
        return ok(f"The {name} is strong enough. Its age is unknown.")
    age = clock() - since
    if age > OLD:
        return Finding(
            "warning", f"The {name} has signed for {age.days} days.", "Run 'userctl key rotate'."
        )
    return ok(f"The {name} is strong enough and has signed for {max(age.days, 0)} days.")
