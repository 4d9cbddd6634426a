"""The source of the signing keys, as the settings choose it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from userctl.config.parsers import MINIMUM_KEY_BYTES
from userctl.config.settings import Settings
from userctl.core.errors import InvalidConfiguration, SecretKeyMissing
from userctl.core.secure_files import FileVersion, file_version, read_secret
from userctl.security.fixed_key import FixedKey
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile
from userctl.security.new_keys import generate_key


class KeySource(Protocol):
    """Holds a keyring: a :class:`KeyringFile` or a :class:`FixedKey`."""

    @property
    def is_embedded(self) -> bool:
        """Whether it belongs to an SQLite database, so that userctl creates it when needed."""
        ...

    @property
    def fixed_by(self) -> str | None:
        """The setting that gives the one key and where it stands; None for a keyring."""
        ...

    def load(self) -> Keyring:
        """Return the ring."""
        ...

    def version(self) -> FileVersion | None:
        """Return a value that changes whenever the ring does."""
        ...

    def change(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Replace the ring with what a function returns for it, and return the new ring."""
        ...


def key_source(settings: Settings) -> KeySource:
    """Return the source of the signing keys that the settings choose.

    Raises:
        SecretKeyMissing: if PostgreSQL is used and no source is configured.
        InvalidConfiguration: if both a keyring and a fixed key are configured.
    """
    fixed = next((n for n in ("secret_key", "secret_key_file") if getattr(settings, n)), None)
    if fixed is not None:
        return _fixed_key(settings, fixed)
    if settings.keyring_file is not None:
        return KeyringFile(settings.keyring_file)
    embedded = settings.database_url.embedded_keyring
    if embedded is None:
        raise SecretKeyMissing(
            "No signing key is configured.",
            hint="Set USERCTL_SECRET_KEY, or secret_key_file in the config file, to the key that "
            f"your service verifies tokens with (at least {MINIMUM_KEY_BYTES} bytes). Or set "
            "keyring_file and run 'userctl key generate'.",
        )
    return KeyringFile(embedded, embedded=True)


class CurrentKeyring:
    """The current ring of a source, read again when it has changed.

    Args:
        source: where it is stored.
        load: returns it, and may create it.
    """

    def __init__(self, source: KeySource, load: Callable[[], Keyring]) -> None:
        self._source = source
        self._load = load
        self._loaded: tuple[FileVersion | None, Keyring] | None = None

    def __call__(self) -> Keyring:
        """Return the ring.

        Raises:
            SecretKeyMissing, UnsafeFile, InvalidConfiguration: if it cannot be read. The one that
                was read before is not used instead, since a key in it may have been retired.
        """
        # A change after this line is noticed at the next call.
        version = self._source.version()
        if self._loaded is None or self._loaded[0] != version:
            self._loaded = (version, self._load())
        return self._loaded[1]


def signing_keyring(
    source: KeySource,
    now: datetime,
    *,
    notify: Callable[[str], None],
    record: Callable[[str], None] = lambda _kid: None,
) -> Keyring:
    """Return a ring with an active key; an embedded ring gets its first key here.

    Args:
        source: where the ring is stored.
        now: the time.
        notify: called with a note when the first key was created.
        record: called with the id of that key.

    Raises:
        SecretKeyMissing: if the ring is empty.
        InvalidConfiguration: if the keys cannot be used.
    """
    ring = source.load()
    if ring.active is None and source.is_embedded:
        # If two processes get here at once, the second finds the key of the first.
        ring = source.change(lambda ring: ring if ring.active else _with_first_key(ring, now))
        # Say so, because the ring may be new only because the old file was lost.
        if ring.active is not None and ring.active.created_at == now:
            notify("Created a new signing key beside the database.")
            record(ring.active.key.kid)
    if ring.active is None:
        raise SecretKeyMissing("The keyring is empty.", hint="Run 'userctl key generate'.")
    return ring


def _with_first_key(ring: Keyring, now: datetime) -> Keyring:
    return ring.with_key(generate_key("HS256"), now)


def _fixed_key(settings: Settings, name: str) -> FixedKey:
    origin = f"{name} (from {settings.origins.get(name, 'the settings')})"
    if settings.keyring_file is not None:
        raise InvalidConfiguration(
            f"Both {origin} and keyring_file are set.", hint="Set only one of them."
        )
    if settings.secret_key is not None:
        text = settings.secret_key
        return FixedKey(lambda: text, lambda: None, origin=origin)
    file = settings.secret_key_file
    assert file is not None
    return FixedKey(lambda: _read_key_file(file), lambda: file_version(file), origin=origin)


def _read_key_file(file: Path) -> str:
    text = read_secret(file)
    if text is None:
        raise SecretKeyMissing(
            f"The key file {file} does not exist.",
            hint=f"Write the key into it (at least {MINIMUM_KEY_BYTES} bytes), or set "
            "secret_key_file to where it is.",
        )
    return text
