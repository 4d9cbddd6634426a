"""Checks of the signing keys."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from userctl.core.errors import CryptoMissing, SecretKeyMissing
from userctl.security.keyring import RingKey
from userctl.services.doctor.finding import Finding, ok
from userctl.services.doctor.installation import Installation

ROTATION_AGE = timedelta(days=365)
"""The age at which a signing key should be rotated."""


def signing_key(installation: Installation) -> Iterable[Finding]:
    """Check the active key; a key that is too weak cannot even be loaded."""
    try:
        source = installation.find_keys()
        ring = source.load().as_of(installation.clock())
    except SecretKeyMissing as error:
        return [Finding("warning", f"{error.message} Logins are not possible.", error.hint)]
    if unused := _unused_keyring(installation):
        return [unused]
    active = ring.active
    if active is None and source.is_embedded:
        return [ok("The first login generates a signing key.")]
    if active is None:
        return [Finding("failure", "The keyring is empty.", "Run 'userctl key generate'.")]
    try:
        _ = active.key.signer
    except CryptoMissing as error:
        return [Finding("failure", error.message, error.hint)]
    return [_age_finding(active, installation.clock())]


def _unused_keyring(installation: Installation) -> Finding | None:
    """Return a finding about a keyring beside a link to the database, which older versions used."""
    path, used = installation.url.sqlite_path, installation.url.embedded_keyring
    if path is None or used is None or not path.is_symlink():
        return None
    unused = path.with_name(f"{path.name}.keys")
    if not unused.exists() or unused.resolve() == used:
        return None
    return Finding(
        "warning",
        f"The keys in {unused} are not used: {path} is a symbolic link.",
        f"Remove it, or move it to {used} if its tokens should stay valid.",
    )


def _age_finding(active: RingKey, now: datetime) -> Finding:
    name, since = f"{active.key.algorithm} key {active.key.kid}", active.activated_at
    if since is None:
        return ok(f"The {name} is strong enough. Its age is unknown.")
    age = now - since
    if age > ROTATION_AGE:
        return Finding(
            "warning", f"The {name} has signed for {age.days} days.", "Run 'userctl key rotate'."
        )
    return ok(f"The {name} is strong enough and has signed for {max(age.days, 0)} days.")
