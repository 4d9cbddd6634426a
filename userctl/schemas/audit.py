"""Events of the audit trail."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from userctl.core.documented_enum import DocumentedEnum
from userctl.schemas.page import AfterId

Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)+$", max_length=50)]
"""A tag of this version of userctl, or of a later one."""


class AuditTag(DocumentedEnum):
    """What happened: a subject, an action and, if it may fail, the outcome."""

    ACCOUNT_CREATE = "account:create", "A user was created."
    ACCOUNT_ADOPT = "account:adopt", "A user with a role other than 'user' was adopted."
    ACCOUNT_UPDATE = "account:update", "The address, the name or the role of a user was changed."
    ACCOUNT_DISABLE = "account:disable", "A user was disabled."
    ACCOUNT_ENABLE = "account:enable", "A disabled user was enabled."
    ACCOUNT_DELETE = "account:delete", "A user was deleted."
    ACCOUNT_RESTORE = "account:restore", "A deleted user was restored."
    ACCOUNT_PURGE = "account:purge", "Deleted users were removed for good."
    ACCOUNT_IMPORT = "account:import", "Users were imported from a file."
    ACCOUNT_APPLY = "account:apply", "Declared users were applied."
    ACCOUNT_UNLOCK = "account:unlock", "The failed logins of a user were cleared."
    PASSWORD_SET = "account:password:set", "An operator set a password, or removed it."
    PASSWORD_EXPIRE = "account:password:expire", "A password has to be changed at the next login."
    PASSWORD_CHANGE = "account:password:change", "A user replaced their password."
    PASSWORD_REHASH = "account:password:rehash", "A login raised the cost of a hash."
    LOGIN_SUCCESS = "account:login:success", "A login succeeded."
    LOGIN_FAILURE = "account:login:failure", "A login failed."
    TOKEN_REFRESH = "token:refresh:success", "A refresh token was exchanged for its successor."
    TOKEN_REFRESH_FAILURE = "token:refresh:failure", "A refresh token was refused."
    TOKEN_REUSE = "token:reuse", "A refresh token was reused; its session was ended."
    TOKEN_REVOKE = "token:revoke", "Sessions or API tokens were revoked."
    TOKEN_PURGE = "token:purge", "A batch of a purge deleted tokens."
    TOKEN_PURGE_END = "token:purge:end", "A purge ended."
    SESSION_END = "session:end", "An operator ended one session, or all sessions of a user."
    API_TOKEN_CREATE = "api_token:create", "An API token was issued."
    API_TOKEN_VERIFY = (
        "api_token:verify:success",
        "An API token was accepted, the first time in a minute.",
    )
    API_TOKEN_VERIFY_FAILURE = "api_token:verify:failure", "An API token was refused."
    KEY_GENERATE = "key:generate", "A signing key was generated."
    KEY_IMPORT = "key:import", "A signing key was imported."
    KEY_ROTATE = "key:rotate", "The next signing key became active."
    KEY_COMPROMISE = (
        "key:compromise",
        "All signing keys were replaced because they may have been stolen.",
    )
    KEY_RETIRE = "key:retire", "A signing key was retired."
    DATABASE_MIGRATE = "database:migrate", "The schema was upgraded."
    DATABASE_DOWNGRADE = "database:downgrade", "The schema was downgraded."
    DATABASE_ADOPT = "database:adopt", "The tables of an application were adopted."
    DATABASE_COPY = "database:copy", "All rows were copied to or from another database."
    CLOCK_CONFIRM = "clock:confirm", "An operator confirmed that a suspect clock is right."
    CLOCK_SET_BACK = (
        "clock:set_back",
        "The clock is more than a day behind the last event, so later times are in doubt.",
    )
    DATABASE_RESTORE = "database:restore", "A backup was restored."


def outcome_of(tag: str) -> str:
    """Return the outcome that a tag stands for: ``success`` or ``failure``."""
    failed = tag.endswith(":failure") or tag == AuditTag.TOKEN_REUSE
    return "failure" if failed else "success"


ChangedField = Literal["role", "status", "email", "name", "password"]
"""The part of a user that an event set or changed."""


class AuditQuery(BaseModel):
    """Which events to read, in the order in which they happened.

    Attributes:
        user: the id or the e-mail address of the user that the events concern.
        tag: the tag, or its beginning up to a colon.
        by: who caused the events, as ``actor`` or ``machine`` names them.
        changed: a field of a user that the events set or changed.
        since: the time of the first event, or how long ago that is.
        until: the time before which the events happened, or how long ago that is.
        after: the id after which the page starts; None for the last ``limit`` events.
        limit: the largest number of events; None for all.
    """

    model_config = ConfigDict(frozen=True)

    user: str | None = None
    tag: str | None = None
    by: str | None = None
    changed: ChangedField | None = None
    since: datetime | timedelta | None = None
    until: datetime | timedelta | None = None
    after: AfterId | None = None
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
