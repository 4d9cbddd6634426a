"""Where the signing keys come from."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from userctl.config.parsers import MINIMUM_KEY_BYTES
from userctl.config.settings import Settings
from userctl.core.errors import InvalidConfiguration, SecretKeyMissing
from userctl.core.secure_files import read_secret
from userctl.security.fixed_key import FixedKey
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile
from userctl.security.new_keys import draw


class KeySource(Protocol):
    """Holds a keyring: a :class:`KeyringFile` or a :class:`FixedKey`."""

    @property
    def embedded(self) -> bool:
        """Whether it lies beside an SQLite database and comes into being by itself."""
        ...

    def load(self) -> Keyring:
        """Return the ring."""
        ...

    def change(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Put what a function makes of the ring in its place, and return that."""
        ...


def key_source(settings: Settings) -> KeySource:
    """Return where the settings say that the keys are.

    Raises:
        SecretKeyMissing: if none are configured for PostgreSQL.
        InvalidConfiguration: if a keyring and a fixed key are.
    """
    fixed = next((n for n in ("secret_key", "secret_key_file") if getattr(settings, n)), None)
    if fixed is not None:
        return _fixed(settings, fixed)
    if settings.keyring_file is not None:
        return KeyringFile(settings.keyring_file)
    embedded = settings.database_url.embedded_keyring
    if embedded is None:
        raise SecretKeyMissing(
            "No key to sign and verify tokens with is configured.",
            hint="Set USERCTL_SECRET_KEY, or secret_key_file in the config file, to the key that "
            f"your service verifies with: {MINIMUM_KEY_BYTES} bytes or more. Or set keyring_file "
            "and run 'userctl key generate'.",
        )
    return KeyringFile(embedded, embedded=True)


def signing_keyring(
    source: KeySource,
    now: datetime,
    *,
    notify: Callable[[str], None],
    record: Callable[[str], None] = lambda _kid: None,
) -> Keyring:
    """Return a ring that has a key to sign with; an embedded one gets its first key here.

    Args:
        source: where the ring is.
        now: the time.
        notify: called with a note when the first key came into being.
        record: called with the id of that key.

    Raises:
        SecretKeyMissing: if there is no key.
        InvalidConfiguration: if what stands for the keys cannot be used.
    """
    ring = source.load()
    if ring.active is None and source.embedded:
        # Of two processes at once the second finds the key of the first.
        ring = source.change(lambda ring: ring if ring.active else _first(ring, now))
        # A ring that got lost must not be replaced in silence.
        if ring.active is not None and ring.active.created_at == now:
            notify("Created a new signing key beside the database.")
            record(ring.active.key.kid)
    if ring.active is None:
        raise SecretKeyMissing("The keyring is empty.", hint="Run 'userctl key generate'.")
    return ring


def _first(ring: Keyring, now: datetime) -> Keyring:
    return ring.with_key(draw("HS256"), now)


def _fixed(settings: Settings, name: str) -> FixedKey:
    origin = f"{name} (from {settings.origins.get(name, 'the settings')})"
    if settings.keyring_file is not None:
        raise InvalidConfiguration(
            f"Both {origin} and keyring_file are set.", hint="Set only one of them."
        )
    if settings.secret_key is not None:
        text = settings.secret_key
        return FixedKey(lambda: text, origin=origin)
    file = settings.secret_key_file
    assert file is not None
    return FixedKey(lambda: _secret(file), origin=origin)


def _secret(file: Path) -> str:
    text = read_secret(file)
    if text is None:
        raise SecretKeyMissing(f"The key file {file} does not exist.")
    return text
