"""Diagnoses: why a user can or cannot log in."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from userctl.schemas.session import UserSessionRead
from userctl.schemas.users import UserStatus

Verdict = Literal[
    "active",
    "must_change_password",
    "no_password",
    "unsupported_hash",
    "throttled",
    "disabled",
    "deleted",
    "purged",
    "unknown",
]


class LoginAttempt(BaseModel):
    """A login, or several that were refused in the same full window.

    ``cause`` is the true reason for a failure, whatever the client was told.
    """

    time: datetime
    outcome: Literal["success", "failure"]
    cause: str | None
    method: str | None
    source: str | None
    count: int


class UserDiagnosis(BaseModel):
    """Whether a user can log in, why not, and the command that changes that.

    ``verdict`` is the first that applies, from ``unknown`` (as far as the audit trail goes back,
    there was no such user) and ``purged`` (permanently deleted) to ``active``: the user can log in.
    ``message`` states it in a sentence, and ``advice`` is the command to run. ``disabled_by`` and
    ``deleted_by`` are actors from the audit trail; None if it does not say. ``throttled_until`` and
    ``failed_logins`` are those of ``user show``, also for an address without a user.
    ``api_tokens`` counts active ones, up to 100. ``similar`` lists addresses that may be meant,
    ``logins`` the latest attempts, newest first, and ``sessions`` the active ones.
    """

    verdict: Verdict
    message: str
    advice: str | None
    id: int | None
    email: str | None
    name: str | None
    role: str | None
    status: UserStatus | None
    has_password: bool | None
    must_change_password: bool | None
    disabled_at: datetime | None
    disabled_by: str | None
    deleted_at: datetime | None
    deleted_by: str | None
    failed_logins: int
    throttled_until: datetime | None
    last_login_at: datetime | None
    former_login_at: datetime | None
    api_tokens: int
    similar: list[str]
    logins: list[LoginAttempt]
    sessions: list[UserSessionRead]
