"""The ``refresh_tokens`` table."""

from datetime import datetime

from sqlmodel import Boolean, Column, Field, ForeignKey, String, false, func

from userctl.models.base import Base
from userctl.models.types import Id, UTCDateTime


class RefreshToken(Base, table=True):
    """A refresh token, stored as the SHA-256 of its text.

    The tokens of one session form a family. A token is exchanged once: it is then ``revoked`` for
    every program that reads the table, ``used_at`` distinguishes that from a real revocation, and
    ``successor_id`` is the token that it was exchanged for. ``replayed_at`` is when a used token
    was reused, which ended its family. ``origin`` names the credential that started the session,
    if that was not a password, and ``scope`` limits what the session may do. ``family_started_at``
    is when the session was started, ``login_method`` and ``login_source`` how and from where, and
    ``login_client`` what the client calls itself; sessions from before revision 0008 lack them.
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
