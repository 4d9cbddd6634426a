"""The ``audit_events`` table."""

from datetime import datetime

from sqlmodel import Column, Field, Index, Integer, SQLModel, Text

from userctl.models.types import UTCDateTime


class AuditEvent(SQLModel, table=True):
    """Something that happened. Rows are only added, which triggers see to.

    The ids count from 1 without a gap, and ``hash`` covers the event and the hash of the one before
    it, so that what is changed, taken away or put in between shows. ``user_id`` and ``target`` name
    what it was about, which may be gone by now. ``actor`` is who did it, ``machine`` the user of
    the operating system and the host. ``detail`` is canonical JSON.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id", "user_id", "id"),
        Index("ix_audit_events_target", "target", "id"),
        Index("ix_audit_events_tag", "tag", "id"),
    )

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    time: datetime = Field(sa_type=UTCDateTime, index=True)
    tag: str = Field(max_length=50)
    actor: str = Field(max_length=320)
    machine: str = Field(max_length=320)
    user_id: int | None = Field(default=None)
    target: str | None = Field(default=None, max_length=320)
    detail: str = Field(sa_column=Column(Text, nullable=False))
    hash: str = Field(max_length=64)
