"""The keyring file: a JWK Set (RFC 7517, section 5) with additional members.

``keys`` holds the keys that any JOSE library can read. Retired keys, whose material is deleted, are
listed in a separate member, as that section allows.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from userctl.core.errors import (
    InputOutputFailed,
    InvalidInput,
    KeyringFull,
    SecretKeyMissing,
    UnsafeFile,
)
from userctl.core.file_lock import lock_file
from userctl.core.folders import require_trusted_folder
from userctl.core.secure_files import (
    MAXIMUM_BYTES,
    FileVersion,
    file_version,
    read_private,
    write_private,
)
from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm
from userctl.security.keyring import Keyring, RingKey

_Time = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]

_FOLDER_HINT = (
    "Set keyring_file to a file in a folder that only you can write, "
    "or run userctl as the owner of this one."
)


class _RetiredKey(BaseModel):
    """The id and the times of a retired key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kid: str
    alg: Algorithm
    created_at: _Time
    activated_at: _Time | None = None
    verifies_until: _Time

    def ring_key(self) -> RingKey:
        """Return the key without material."""
        key = SigningKey(self.kid, self.alg)
        return RingKey(key, "retired", self.created_at, self.activated_at, self.verifies_until)


class _LiveKey(BaseModel):
    """A JWK; the extra members are those that RFC 7518 defines for its type."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, str]

    kid: str
    alg: Algorithm
    use: Literal["sig"] = "sig"
    state: Literal["next", "active", "passive"]
    created_at: _Time
    activated_at: _Time | None = None
    verifies_until: _Time | None = None

    def ring_key(self) -> RingKey:
        """Return the key.

        Raises:
            ValueError, InvalidInput: if the members contradict each other.
        """
        key = SigningKey.from_members(self.alg, self.__pydantic_extra__)
        if key.kid != self.kid:
            raise ValueError("the id of a key does not match its material")
        if (self.state == "passive") != (self.verifies_until is not None):
            raise ValueError("a passive key must have an end, and no other key may have one")
        if self.state != "passive" and not key.can_sign:
            raise ValueError("a key lacks its private members")
        return RingKey(key, self.state, self.created_at, self.activated_at, self.verifies_until)


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    keys: list[_LiveKey]
    retired: list[_RetiredKey] = []


class KeyringFile:
    """A keyring in a file: mode 0600, replaced atomically, refused if others can access it.

    Args:
        path: the file. If the settings name it, it may be a symbolic link, whose target changes.
        embedded: whether it belongs to an SQLite database, so that userctl creates it when needed.
    """

    def __init__(self, path: Path, *, embedded: bool = False) -> None:
        self._path = path.absolute()
        self.is_embedded = embedded
        self.fixed_by: str | None = None

    @property
    def path(self) -> Path:
        """The file that holds the ring now."""
        # Replacing a link would leave two keyrings: the new one, and the one it pointed to.
        return self._path if self.is_embedded else Path(os.path.realpath(self._path))

    def load(self) -> Keyring:
        """Return the ring.

        Raises:
            SecretKeyMissing: if the file does not exist.
            UnsafeFile: if others can access the file, or it is not a keyring.
        """
        path = self.path
        ring = _read_ring(path)
        if ring is None and self.path != path:
            # The link was replaced after it had been followed, and its old target was removed.
            return self.load()
        if ring is None and not self.is_embedded:
            raise SecretKeyMissing(
                f"The keyring {path} does not exist.", hint="Run 'userctl key generate'."
            )
        return ring or Keyring()

    def version(self) -> FileVersion | None:
        """Return a value that changes whenever the file does."""
        return file_version(self._path)

    def change(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Replace the ring with what a function returns for it, and return the new ring.

        Other processes wait meanwhile. A process that is killed leaves the old ring or the new one.

        Raises:
            KeyringFull: if the new ring would be too large to be read again.
            UnsafeFile: if others can access the file, or could replace it, or it is not a keyring.
            DatabaseBusy: if another process holds its lock for too long.
            InputOutputFailed: if it cannot be written, or its folder does not exist.
        """
        path = self.path
        if not path.parent.is_dir():
            # Taking the lock would create the folder, and a mistyped path would go unnoticed.
            raise InputOutputFailed(
                f"The folder {path.parent} does not exist.",
                hint="Create it, or correct keyring_file.",
            )
        # In such a folder not even a lock file should be left behind.
        require_trusted_folder(path.parent, path.parent.stat(), hint=_FOLDER_HINT)
        with lock_file(path):
            ring = change(_read_ring(path) or Keyring())
            text = _serialize(ring)
            if len(text) > MAXIMUM_BYTES:
                raise KeyringFull(f"{path} has no room for another key.")
            write_private(path, text, folder_hint=_FOLDER_HINT)
        return ring


def _read_ring(path: Path) -> Keyring | None:
    text = read_private(path)
    if text is None:
        return None
    try:
        document = _Document.model_validate_json(text)
        live = [key.ring_key() for key in document.keys]
        return Keyring((*live, *(key.ring_key() for key in document.retired)))
    # Pydantic's message spans many lines and quotes the keys.
    except (ValueError, OverflowError, InvalidInput):
        raise UnsafeFile(
            f"{path} is not a keyring written by userctl.",
            hint="Restore a backup, or move it away and run 'userctl key generate'.",
        ) from None


def _serialize(ring: Keyring) -> str:
    live = [_live_key_json(entry) for entry in ring.keys if entry.state != "retired"]
    retired = [_retired_key_json(entry) for entry in ring.keys if entry.state == "retired"]
    return json.dumps({"keys": live, "retired": retired}, indent=2) + "\n"


def _live_key_json(entry: RingKey) -> dict[str, str]:
    return {**_retired_key_json(entry), "use": "sig", "state": entry.state, **entry.key.members}


def _retired_key_json(entry: RingKey) -> dict[str, str]:
    names = ("created_at", "activated_at", "verifies_until")
    times = {name: time.isoformat() for name in names if (time := getattr(entry, name))}
    return {"kid": entry.key.kid, "alg": entry.key.algorithm, **times}
