"""Changes of many users at once, as services take and return them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from userctl.schemas.users import Affected, UserQuery, UserStatus


class UserReference(NamedTuple):
    """The id or the e-mail address of a user, and the line of the file in which it stands."""

    text: str
    line: int | None = None


@dataclass(frozen=True)
class UserChoice:
    """Which users are changed: those that are named, or all that a query finds.

    Attributes:
        references: the users by name, in their order; an empty list if there is a query.
        query: which users, whatever its limit and order.
    """

    references: Sequence[UserReference] = ()
    query: UserQuery | None = None


@dataclass(frozen=True)
class BatchOptions:
    """How many users are changed at once.

    Attributes:
        keep_going: whether to change the others if one cannot be changed.
        missing_ok: whether users may be missing.
        dry_run: whether to undo everything at the end.
        at_most: the largest number of users to change; None for any number.
    """

    keep_going: bool = False
    missing_ok: bool = False
    dry_run: bool = False
    at_most: int | None = None


class UserOutcome(Affected):
    """What became of one of many users.

    The fields of a user are those after the change, and before it if the user was deleted; they
    are None for a user who does not exist. ``reference`` is what the user was named by.
    ``outcome`` is ``would_change`` instead of ``changed`` in a dry run. If it is ``failed``,
    ``code`` and ``message`` are those of the error. The ``message`` of a user who is ``missing``
    says that they were deleted, or which addresses resemble theirs.
    """

    id: int | None = None
    email: str | None = None
    name: str | None = None
    role: str | None = None
    status: UserStatus | None = None
    has_password: bool | None = None
    must_change_password: bool | None = None
    address_verified: bool | None = None
    former_login_at: datetime | None = None
    managed_by: str | None = None
    password_version: int | None = None
    previous_email: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    reference: str
    outcome: Literal["changed", "unchanged", "would_change", "missing", "failed"]
    code: str | None = None
    message: str | None = None


class PasswordOutcome(UserOutcome):
    """What became of one of many users, with the password that was generated, shown this once."""

    generated_password: str | None = None


class RevokeOutcome(UserOutcome):
    """What became of one of many users, with how many tokens were revoked."""

    revoked_sessions: int | None = None
    revoked_api_tokens: int | None = None
