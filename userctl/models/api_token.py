"""The ``api_tokens`` table."""

from datetime import datetime

from sqlmodel import Column, Field, ForeignKey, String

from userctl.models.base import Base
from userctl.models.types import Id, UTCDateTime

API_ID_PREFIX = "api-"
"""The beginning of the public id of an API token, which no refresh token has."""


class ApiToken(Base, table=True):
    """An API token, stored as the SHA-256 of its text.

    ``scope`` holds words separated by spaces (RFC 6749, section 3.3). ``last_used_at`` has a
    resolution of a minute, so that a busy token does not cause a write at every use.
    """

    __tablename__ = "api_tokens"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    token: str = Field(sa_column=Column(String(64), nullable=False, unique=True))
    user_id: int = Field(
        sa_column=Column(Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    label: str = Field(max_length=100)
    scope: str = Field(default="", max_length=1000)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
