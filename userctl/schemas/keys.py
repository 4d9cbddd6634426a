"""Signing keys, as services return them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

KeyState = Literal["next", "active", "passive", "retired"]


class KeyRead(BaseModel):
    """A signing key as shown, without its material.

    A time is None if it is unknown or lies ahead; ``verifies_until`` is when a passive key stops
    verifying, or a retired one stopped.
    """

    kid: str
    algorithm: str
    state: KeyState
    created_at: datetime | None
    activated_at: datetime | None
    verifies_until: datetime | None

    @property
    def id(self) -> str:
        """What identifies the key."""
        return self.kid


class ReplacedKeys(BaseModel):
    """The key that signs after all others were retired, and the ids of the retired keys."""

    active: KeyRead
    retired: list[str]
