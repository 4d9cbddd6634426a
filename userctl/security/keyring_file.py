"""The file that keeps a keyring: a JWK Set (RFC 7517, section 5) with members of our own.

``keys`` holds what any JOSE library can read; retired keys, of which there is nothing left to read,
stand in a member beside it, as the section allows.
"""

import json
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
from userctl.core.secure_files import MAXIMUM_BYTES, read_private, write_private
from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm
from userctl.security.keyring import Keyring, RingKey

_Time = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]


class _Retired(BaseModel):
    """What is remembered of a key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kid: str
    alg: Algorithm
    created_at: _Time
    activated_at: _Time | None = None
    verifies_until: _Time

    def ring_key(self) -> RingKey:
        """Return the name of the key with its times."""
        key = SigningKey(self.kid, self.alg)
        return RingKey(key, "retired", self.created_at, self.activated_at, self.verifies_until)


class _Live(BaseModel):
    """A JWK; the members that RFC 7518 defines for its type are the extra ones."""

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
        key = SigningKey.of(self.alg, self.__pydantic_extra__)
        if key.kid != self.kid:
            raise ValueError("the name of a key is not the one of its material")
        if (self.state == "passive") != (self.verifies_until is not None):
            raise ValueError("a passive key has an end, and no other")
        if self.state != "passive" and not key.signs:
            raise ValueError("a key lacks what it needs to sign")
        return RingKey(key, self.state, self.created_at, self.activated_at, self.verifies_until)


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    keys: list[_Live]
    retired: list[_Retired] = []


class KeyringFile:
    """A keyring in a file: 0600, replaced as a whole, refused where others could touch it.

    Args:
        path: the file.
        embedded: whether it belongs to an SQLite database, and comes into being by itself.
    """

    def __init__(self, path: Path, *, embedded: bool = False) -> None:
        self.path = path
        self.embedded = embedded

    def load(self) -> Keyring:
        """Return the ring.

        Raises:
            SecretKeyMissing: if there is no file.
            UnsafeFile: if the file is not ours alone, or is no keyring.
        """
        ring = self._read()
        if ring is None and not self.embedded:
            raise SecretKeyMissing(
                f"There is no keyring at {self.path}.", hint="Run 'userctl key generate'."
            )
        return ring or Keyring()

    def change(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Put what a function makes of the ring in its place, and return that.

        Other processes wait meanwhile; one that is killed leaves the ring as it was, or changed.

        Raises:
            KeyringFull: if the new ring is larger than we read.
            UnsafeFile: if the file is not ours alone, or is no keyring.
            DatabaseBusy: if another process is changing it for too long.
            InputOutputFailed: if it cannot be written, or its folder does not exist.
        """
        if not self.path.parent.is_dir():
            # The lock would create it, and a path that was mistyped would go unnoticed.
            raise InputOutputFailed(
                f"The folder {self.path.parent} does not exist.",
                hint="Create it, or correct keyring_file.",
            )
        with lock_file(self.path):
            ring = change(self._read() or Keyring())
            text = _written(ring)
            if len(text) > MAXIMUM_BYTES:
                raise KeyringFull(f"{self.path} has no room for another key.")
            write_private(self.path, text)
        return ring

    def _read(self) -> Keyring | None:
        text = read_private(self.path)
        if text is None:
            return None
        try:
            document = _Document.model_validate_json(text)
            live = [key.ring_key() for key in document.keys]
            return Keyring((*live, *(key.ring_key() for key in document.retired)))
        # What pydantic says goes over many lines and quotes the keys.
        except (ValueError, OverflowError, InvalidInput):
            raise UnsafeFile(
                f"{self.path} is not a keyring that userctl wrote.",
                hint="Restore a backup, or move it away and run 'userctl key generate'.",
            ) from None


def _written(ring: Keyring) -> str:
    live = [_stored(entry) for entry in ring.keys if entry.state != "retired"]
    retired = [_remembered(entry) for entry in ring.keys if entry.state == "retired"]
    return json.dumps({"keys": live, "retired": retired}, indent=2) + "\n"


def _stored(entry: RingKey) -> dict[str, str]:
    return {**_remembered(entry), "use": "sig", "state": entry.state, **entry.key.members}


def _remembered(entry: RingKey) -> dict[str, str]:
    names = ("created_at", "activated_at", "verifies_until")
    times = {name: time.isoformat() for name in names if (time := getattr(entry, name))}
    return {"kid": entry.key.kid, "alg": entry.key.algorithm, **times}
