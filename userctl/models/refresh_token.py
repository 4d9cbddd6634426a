"""The ``refresh_tokens`` table."""

from datetime import datetime

from sqlmodel import Boolean, Column, Field, ForeignKey, String, false, func

from userctl.models.base import Base
from userctl.models.types import Id, UTCDateTime


class RefreshToken(Base, table=True):
    """A refresh token, stored as the SHA-256 of its text.

    The tokens of one session form a family. A token can be exchanged once. The exchange sets
    ``revoked``, for programs that know only this column, ``used_at``, which distinguishes the
    exchange from a revocation, and ``successor_id``, the token it was exchanged for. If a used
    token is reused, ``replayed_at`` has the time and the family ends. ``origin`` names the
    credential that started the session, if that was not a password, and ``scope`` limits what the
    session may do. ``family_started_at`` is when the session started, ``login_method`` and
    ``login_source`` how and from where, and ``login_client`` the name that the client gave itself;
    sessions from before revision 0008 lack these four.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    token: str = Field(sa_column=Column(String(255), nullable=False, unique=True))
    user_id: int = Field(
        sa_column=Column(Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)
    revoked: bool = Field(
        sa_column=Column(Boolean, nullable=False, server_default=false()), default=False
    )
    created_at: datetime = Field(
        sa_type=UTCDateTime, sa_column_kwargs={"server_default": func.now()}
    )
    updated_at: datetime = Field(
        sa_type=UTCDateTime, sa_column_kwargs={"server_default": func.now()}
    )
    family_id: str | None = Field(default=None, max_length=32, index=True)
    family_expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    successor_id: int | None = Field(default=None, sa_type=Id)
    replayed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    origin: str | None = Field(default=None, max_length=100)
    scope: str | None = Field(default=None, max_length=1000)
    family_started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    login_method: str | None = Field(default=None, max_length=50)
    login_source: str | None = Field(default=None, max_length=255)
    login_client: str | None = Field(default=None, max_length=100)
