"""Which tokens are meant, whatever their kind."""

from dataclasses import dataclass
from datetime import datetime

from userctl.schemas.tokens import TokenState


@dataclass(frozen=True)
class TokenFilter:
    """Lets a token through that has all that is not None.

    Args:
        user_id: its owner.
        state: where it stands in its life.
        expires_before: it ends at this time or sooner.
        unused_since: it was neither used nor issued after this time.
    """

    user_id: int | None = None
    state: TokenState | None = None
    expires_before: datetime | None = None
    unused_since: datetime | None = None
