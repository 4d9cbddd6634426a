"""Events of the audit trail."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from userctl.schemas.page import Count

Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)+$", max_length=50)]
"""A tag of this version of userctl, or of a later one."""


class AuditTag(StrEnum):
    """What happened: a subject, what was done to it and, if that may fail, how it ended."""

    ACCOUNT_CREATE = "account:create"
    ACCOUNT_UPDATE = "account:update"
    ACCOUNT_DISABLE = "account:disable"
    ACCOUNT_ENABLE = "account:enable"
    ACCOUNT_DELETE = "account:delete"
    ACCOUNT_RESTORE = "account:restore"
    ACCOUNT_PURGE = "account:purge"
    ACCOUNT_IMPORT = "account:import"
    ACCOUNT_UNLOCK = "account:unlock"
    PASSWORD_SET = "account:password:set"
    PASSWORD_EXPIRE = "account:password:expire"
    PASSWORD_CHANGE = "account:password:change"
    PASSWORD_REHASH = "account:password:rehash"
    LOGIN_SUCCESS = "account:login:success"
    LOGIN_FAILURE = "account:login:failure"
    TOKEN_REFRESH = "token:refresh:success"
    TOKEN_REFRESH_FAILURE = "token:refresh:failure"
    TOKEN_REUSE = "token:reuse"
    TOKEN_REVOKE = "token:revoke"
    TOKEN_PURGE = "token:purge"
    TOKEN_PURGE_END = "token:purge:end"
    API_TOKEN_CREATE = "api_token:create"
    API_TOKEN_VERIFY = "api_token:verify:success"
    API_TOKEN_VERIFY_FAILURE = "api_token:verify:failure"
    KEY_GENERATE = "key:generate"
    KEY_IMPORT = "key:import"
    KEY_ROTATE = "key:rotate"
    KEY_RETIRE = "key:retire"
    DATABASE_MIGRATE = "database:migrate"
    DATABASE_DOWNGRADE = "database:downgrade"
    DATABASE_ADOPT = "database:adopt"
    DATABASE_COPY = "database:copy"
    DATABASE_RESTORE = "database:restore"


def outcome_of(tag: str) -> str:
    """Return whether an attempt came about: ``success`` or ``failure``."""
    failed = tag.endswith(":failure") or tag == AuditTag.TOKEN_REUSE
    return "failure" if failed else "success"


class AuditQuery(BaseModel):
    """Which events to read, in the order in which they happened.

    Attributes:
        user: the id or the e-mail address of the user that the events concern.
        tag: the tag, or its beginning up to a colon.
        since: the time of the first event, or how long ago that is.
        after: the id after which the page starts; None for the last ``limit`` events.
        limit: the largest number of events; None for all.
    """

    model_config = ConfigDict(frozen=True)

    user: str | None = None
    tag: str | None = None
    since: datetime | timedelta | None = None
    after: Count | None = None
    limit: int | None = 100


class AuditEventRead(BaseModel):
    """An event of the audit trail."""

    id: int
    time: datetime
    tag: Tag
    outcome: str
    actor: str
    machine: str
    user_id: int | None
    target: str | None
    detail: dict[str, Any]
    hash: str


class AuditHead(BaseModel):
    """The last event, as an anchor to keep out of reach of those who can write the database."""

    id: int
    hash: str
    anchor: str


class AuditVerification(BaseModel):
    """An audit trail that was found intact up to its last event."""

    events: int
    hash: str
    anchored: bool
