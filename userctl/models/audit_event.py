"""The ``audit_events`` table."""

from datetime import datetime

from sqlmodel import Column, Field, Index, Text

from userctl.models.base import Base
from userctl.models.types import Id, UTCDateTime


class AuditEvent(Base, table=True):
    """An event of the append-only audit trail; triggers reject every other change.

    The ids count from 1 without gaps, and ``hash`` covers the event and the hash of the previous
    one, so that changes, removals and insertions are detected. ``user_id`` and ``target`` name
    the subject of the event, which may no longer exist. ``actor`` is who caused it, ``machine`` the
    operating system user and the host. ``detail`` is canonical JSON.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id", "user_id", "id"),
        Index("ix_audit_events_target", "target", "id"),
        Index("ix_audit_events_tag", "tag", "id"),
    )

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    time: datetime = Field(sa_type=UTCDateTime, index=True)
    tag: str = Field(max_length=50)
    actor: str = Field(max_length=320)
    machine: str = Field(max_length=320)
    user_id: int | None = Field(default=None, sa_type=Id)
    target: str | None = Field(default=None, max_length=320)
    detail: str = Field(sa_column=Column(Text, nullable=False))
    hash: str = Field(max_length=64)
