"""Signing keys, as services return them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

KeyState = Literal["next", "active", "passive", "retired"]


class KeyRead(BaseModel):
    """A signing key as shown, never its material.

    A time is None if it has not come or is unknown; ``verifies_until`` is when a passive key ends,
    or a retired one ended.
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
    """The key that signs after all others were retired, and the ids of those."""

    active: KeyRead
    retired: list[str]
