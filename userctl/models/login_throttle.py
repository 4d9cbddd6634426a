"""The ``login_throttles`` table."""

from datetime import datetime

from sqlmodel import Field

from userctl.models.base import Base
from userctl.models.types import UTCDateTime


class LoginThrottle(Base, table=True):
    """The logins to one address that were charged to a source in a window of time.

    The address is stored as its SHA-256, because an attacker may type anything. All sources without
    a recent success share a row with an empty source; a source with one has its own row, with
    ``succeeded_at``. After ``expires_at`` the row has no effect.
    """

    __tablename__ = "login_throttles"

    address: str = Field(primary_key=True, max_length=64)
    source: str = Field(primary_key=True, max_length=255)
    charges: int
    window_ends_at: datetime = Field(sa_type=UTCDateTime)
    charged_at: datetime = Field(sa_type=UTCDateTime)
    succeeded_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)
