"""The ``deleted_users`` table."""

from datetime import datetime

from sqlmodel import Column, Field, Integer, SQLModel

from userctl.models.types import UTCDateTime


class DeletedUser(SQLModel, table=True):
    """An account that was deleted and can come back, with the columns that it had as a ``User``.

    Nothing refers to it: its sessions and tokens ended with the deletion. Its address may belong
    to another account by now, and several deleted accounts may have had the same.
    """

    __tablename__ = "deleted_users"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    name: str | None = Field(default=None)
    email: str = Field(index=True)
    hashed_password: str
    role: str
    created_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_hash: str | None = Field(default=None)
    must_change_password: bool
    deleted_at: datetime = Field(sa_type=UTCDateTime, index=True)
