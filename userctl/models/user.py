"""The ``users`` table."""

from datetime import datetime

from sqlmodel import Boolean, Column, Field, Index, String, false, func

from userctl.models.base import Base
from userctl.models.types import Address, Id, UTCDateTime


class UserColumns(Base):
    """The columns of a user, in ``users`` and, once deleted, in ``deleted_users``.

    A new column belongs here. ``deleted_users`` uses the columns unchanged, because they must be as
    wide as those of any adopted table and need no defaults; ``users`` overrides some.

    While a user is disabled, their own hash waits in ``disabled_hash`` and ``hashed_password``
    holds one that no password matches, so that a program that reads only ``hashed_password``
    rejects the user too. The same applies while ``foreign_hash`` holds a hash from another system,
    which only userctl verifies. That system also supplies ``address_verified``, which is null if
    it did not say, and ``former_login_at``, the last login there.
    :mod:`userctl.models.own_hash` decides which hash counts.

    ``managed_by`` names the set of declared users that the user belongs to, ``password_version`` is
    the version of the password declared for them, and ``previous_email`` their address before a
    declaration changed it, so that two users who exchanged addresses are not exchanged again.
    """

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str | None = Field(default=None)
    email: str
    hashed_password: str
    role: str = Field(default="user")
    created_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_hash: str | None = Field(default=None)
    must_change_password: bool = Field(default=False)
    foreign_hash: str | None = Field(default=None)
    address_verified: bool | None = Field(default=None)
    former_login_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    managed_by: str | None = Field(default=None, max_length=50)
    password_version: int | None = Field(default=None)
    previous_email: str | None = Field(default=None, max_length=255)


class User(UserColumns, table=True):
    """A user."""

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_role", "role", "id"),
        {"sqlite_autoincrement": True},
    )

    name: str | None = Field(default=None, max_length=100)
    email: str = Field(sa_column=Column(Address(255), nullable=False, unique=True))
    hashed_password: str = Field(max_length=128)
    role: str = Field(
        sa_column=Column(String(50), nullable=False, server_default="user"), default="user"
    )
    created_at: datetime = Field(
        sa_type=UTCDateTime, sa_column_kwargs={"server_default": func.now()}
    )
    updated_at: datetime = Field(
        sa_type=UTCDateTime, sa_column_kwargs={"server_default": func.now()}
    )
    disabled_hash: str | None = Field(default=None, max_length=128)
    must_change_password: bool = Field(
        sa_column=Column(Boolean, nullable=False, server_default=false()), default=False
    )
