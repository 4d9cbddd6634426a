"""The ``deleted_users`` table."""

from datetime import datetime

from sqlmodel import Column, Field

from userctl.models.types import Id, UTCDateTime
from userctl.models.user import UserColumns


class DeletedUser(UserColumns, table=True):
    """A deleted user who can be restored.

    Nothing refers to the row: the user's sessions and tokens ended with the deletion. The address
    may belong to another user by now, and several deleted users may have had it.
    """

    __tablename__ = "deleted_users"

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    email: str = Field(index=True)
    deleted_at: datetime = Field(sa_type=UTCDateTime, index=True)
