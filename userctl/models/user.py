"""The ``users`` table."""

from datetime import datetime

from sqlmodel import Boolean, Column, Field, Index, String, false, func

from userctl.models.base import Base
from userctl.models.types import Address, Id, UTCDateTime


class UserColumns(Base):
    """The columns of a user, in ``users`` and, once deleted, in ``deleted_users``.

    A new column belongs here. ``deleted_users`` takes each as it stands here, because its columns
    must be as wide as those of any adopted table and need no defaults; ``users`` overrides some.

    While a user is disabled, their own hash waits in ``disabled_hash`` and ``hashed_password``
    holds one that no password matches, so that a program that reads only ``hashed_password``
    rejects the user too. The same holds while ``foreign_hash`` has one that only userctl verifies,
    because it comes from another system. From there come also ``address_verified``, which is null
    if it was not said, and ``former_login_at``, the last login there.
    :mod:`userctl.models.own_hash` says which hash counts.

    ``managed_by`` names the set of a file of users that the user belongs to, and
    ``password_version`` is that of the password that the file gave them. ``previous_email`` is the
    address before the file gave them another, so that two who exchanged theirs stay as they are.
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
