"""Changes of many users at once, as services take and return them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from userctl.schemas.users import RecordWithEffects, UserQuery, UserStatus


class UserReference(NamedTuple):
    """The id or the e-mail address of a user, and its line if it comes from a file."""

    text: str
    line: int | None = None


@dataclass(frozen=True)
class UserChoice:
    """The users to change: a list of references, or all users that match a query.

    Attributes:
        references: the users in this order; empty if there is a query.
        query: which users; its limit and order are ignored.
    """

    references: Sequence[UserReference] = ()
    query: UserQuery | None = None


@dataclass(frozen=True)
class BatchOptions:
    """How a change of many users is carried out.

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


class UserOutcome(RecordWithEffects):
    """The outcome for one of many users.

    The fields of a user are those after the change, or before it if the user was deleted; they
    are None for a user who does not exist. ``reference`` is the id or address that was passed.
    In a dry run ``outcome`` is ``would_change`` instead of ``changed``. If it is ``failed``,
    ``code`` and ``message`` are those of the error; if it is ``missing``, ``message`` says that
    the user was deleted, or names similar addresses.
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
    """The outcome for one of many users, with a generated password, which is shown only once."""

    generated_password: str | None = None


class RevokeOutcome(UserOutcome):
    """The outcome for one of many users, with the numbers of sessions and tokens revoked."""

    revoked_sessions: int | None = None
    revoked_api_tokens: int | None = None
