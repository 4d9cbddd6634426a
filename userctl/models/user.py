"""The ``users`` table."""

from datetime import datetime

from sqlmodel import Boolean, Column, Field, Index, SQLModel, String, false, func

from userctl.models.types import UTCDateTime


class User(SQLModel, table=True):
    """An account.

    ``hashed_password`` always holds a well-formed bcrypt hash. While an account is disabled its
    own hash waits in ``disabled_hash`` and one that matches nothing stands in its place, so that
    a program which reads only ``hashed_password`` refuses the account too.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_role", "role", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str | None = Field(default=None, max_length=100)
    email: str = Field(sa_column=Column(String(255), nullable=False, unique=True))
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
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_hash: str | None = Field(default=None, max_length=128)
    must_change_password: bool = Field(
        sa_column=Column(Boolean, nullable=False, server_default=false()), default=False
    )
