"""A filter for tokens of either kind."""

from dataclasses import dataclass
from datetime import datetime

from userctl.schemas.tokens import TokenState


@dataclass(frozen=True)
class TokenFilter:
    """A token matches if it meets everything that is not None.

    Attributes:
        user_id: its user.
        state: its state.
        expires_before: it expires at this time or earlier.
        unused_since: it was neither used nor issued after this time.
        current: whether it is the current one of its session; False for any.
    """

    user_id: int | None = None
    state: TokenState | None = None
    expires_before: datetime | None = None
    unused_since: datetime | None = None
    current: bool = False
