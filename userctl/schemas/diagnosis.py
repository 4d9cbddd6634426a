"""Why a user can log in or not, as shown."""

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
    """A login, or several that one full window refused.

    ``cause`` is the true reason of a failure, whatever the person was told.
    """

    time: datetime
    outcome: Literal["success", "failure"]
    cause: str | None
    method: str | None
    source: str | None
    count: int


class UserDiagnosis(BaseModel):
    """Whether a user can log in, why not, and the command that changes that.

    ``verdict`` is the first that holds, from ``unknown`` (there never was such a user, as far as
    the audit trail goes back) and ``purged`` (permanently deleted) up to ``active``: the user can
    log in. ``message`` says it in a sentence, and ``advice`` is the command to type. Who did
    something is the actor of the audit trail; None if the trail does not say. ``throttled_until``
    and ``failed_logins`` are those of ``user show``, also of an address without a user.
    ``api_tokens`` counts those in force, up to 100. ``similar`` are addresses that may be meant.
    ``logins`` are the latest attempts, the last one first, and ``sessions`` those that are active.
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
