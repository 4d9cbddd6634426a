"""Signing keys, as services return them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

KeyState = Literal["next", "active", "passive", "retired"]


class KeyRead(BaseModel):
    """A signing key as it may be shown: never its material.

    A time is None where it has not come or is not known; ``verifies_until`` is the end of a
    passive key, or the end that a retired one had.
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
