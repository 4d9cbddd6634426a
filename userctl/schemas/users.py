"""Users, as services take and return them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from userctl.core.errors import InvalidEmail, InvalidInput
from userctl.core.password_schemes import PasswordScheme
from userctl.core.text import has_invisible_characters, quote
from userctl.schemas.email_address import canonical_email
from userctl.schemas.page import AfterId, Count
from userctl.schemas.timestamp import check_aware, check_span
from userctl.schemas.user_name import check_name

UserStatus = Literal["active", "disabled"]
UserSort = Literal["id", "email", "name", "role", "created_at", "updated_at"]


def _check_new_name(name: str) -> str:
    return check_name(name) if name else name


def _check_search(text: str) -> str:
    if has_invisible_characters(text):
        raise InvalidInput("The search text contains a control or invisible character.")
    return text


def _check_prefix(text: str) -> str:
    # Stored addresses are normalized and in lower case.
    return unicodedata.normalize("NFC", _check_search(text)).lower()


def _check_domain(text: str) -> str:
    # The domain of an address is stored in lower case and, if it is not ASCII, as IDNA.
    try:
        return canonical_email(f"x@{text.removeprefix('@')}").partition("@")[2]
    except InvalidEmail:
        raise InvalidInput(
            f"{quote(text)} is not a domain.", hint="Write it as example.com."
        ) from None


Email = Annotated[str, AfterValidator(canonical_email)]
Name = Annotated[str, AfterValidator(check_name)]
TimeOrAge = (
    Annotated[datetime, AfterValidator(check_aware)]
    | Annotated[timedelta, AfterValidator(check_span)]
)


class UserCreate(BaseModel):
    """A new user; ``password`` is None for a user who cannot log in with one.

    A password that must be changed is valid for one login, which asks for a new one.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: Email
    name: Name | None = None
    role: str = "user"
    password: str | None = None
    must_change_password: bool = False


class UserUpdate(BaseModel):
    """The fields to update; None leaves a field unchanged, and an empty name removes the name."""

    model_config = ConfigDict(frozen=True)

    email: Email | None = None
    name: Annotated[str, AfterValidator(_check_new_name)] | None = None
    role: str | None = None
    created_at: datetime | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "UserUpdate":
        if not self.model_dump(exclude_none=True):
            raise InvalidInput("Nothing to update.", hint="Pass --email, --name or --role.")
        return self


class UserQuery(BaseModel):
    """Which users to list, and in which order.

    A user is listed if they meet all conditions that are neither None nor False.

    Attributes:
        search: text that the address or the name contains.
        beginning: text that the address begins with.
        domain: the domain of the address; subdomains do not match.
        role: the role.
        status: whether the user is disabled.
        must_change: the user must change the password at the next login.
        no_password: the user has no password.
        password_scheme: the scheme of the password hash.
        throttled: logins of the user are refused, because too many failed.
        created_since: the time since which the user was created, or how long ago that was.
        sort: the field by which to sort.
        descending: whether to sort in descending order.
        limit: the largest number of users; None for all.
        skip: the number of users to skip at the beginning.
        after: the id of the user after which the page starts.
    """

    model_config = ConfigDict(frozen=True)

    search: Annotated[str, AfterValidator(_check_search)] | None = None
    beginning: Annotated[str, AfterValidator(_check_prefix)] | None = None
    domain: Annotated[str, AfterValidator(_check_domain)] | None = None
    role: str | None = None
    status: UserStatus | None = None
    must_change: bool = False
    no_password: bool = False
    password_scheme: PasswordScheme | None = None
    throttled: bool = False
    created_since: TimeOrAge | None = None
    sort: UserSort = "id"
    descending: bool = False
    limit: Count | None = 100
    skip: Count = 0
    after: AfterId | None = None


@dataclass(frozen=True)
class Effects:
    """The effects of a change of a user, which are reported beside the record of the user.

    Attributes:
        changed: whether the change made a difference.
        old_values: the former values of the fields that were changed.
        sessions: how many active sessions were ended.
        api_tokens: how many active API tokens were ended.
        failed_logins: how many failed logins were cleared.
        access_tokens_until: until when services may accept the last access token.
    """

    changed: bool = True
    old_values: Mapping[str, Any] = field(default_factory=dict)
    sessions: int = 0
    api_tokens: int = 0
    failed_logins: int = 0
    access_tokens_until: datetime | None = None


class RecordWithEffects(BaseModel):
    """A record of a user, with the effects of a change of that user."""

    @cached_property
    def effects(self) -> Effects:
        """The effects of the change; they are not a field, and are ignored by comparisons."""
        return Effects()

    def with_effects(self, effects: Effects) -> Self:
        """Attach the effects of a change to this record, and return it."""
        self.__dict__["effects"] = effects
        return self


class UserRead(RecordWithEffects):
    """A user as shown, without the password hash.

    ``address_verified`` and ``former_login_at`` come from another system. ``created_at`` or
    ``updated_at`` is None if the stored time cannot be read and the user was changed anyway.
    ``managed_by`` names the set of declared users that the user belongs to.
    """

    id: int
    email: str
    name: str | None
    role: str
    status: UserStatus
    has_password: bool
    must_change_password: bool
    address_verified: bool | None = None
    former_login_at: datetime | None = None
    managed_by: str | None = None
    password_version: int | None = None
    previous_email: str | None = None
    created_at: datetime | None
    updated_at: datetime | None


class DeletedUserRead(UserRead):
    """A deleted user who can be restored."""

    deleted_at: datetime


class UserTarget(UserRead):
    """A user who is about to be changed, with the numbers of their sessions and API tokens.

    ``sessions`` and ``api_tokens`` count active ones. ``deleted_at`` is None for a user who was
    not deleted before.
    """

    sessions: int = 0
    api_tokens: int = 0
    deleted_at: datetime | None = None


class DeletedUserPreview(BaseModel):
    """How many deleted users a purge would remove, and the most recently deleted of them."""

    count: int
    latest: list[UserTarget]


class DeletedUserPurge(BaseModel):
    """How many deleted users were purged, or would be."""

    purged: int
    dry_run: bool = False


class UserDetail(UserRead):
    """A user with their failed logins.

    ``failed_logins`` counts those in the latest window of each source, if it ended within the last
    24 hours; a login in progress counts until it succeeds. ``last_failed_login_at`` is when the
    last of them began. ``throttled_until`` is when the last full window ends, whether it belongs to
    a trusted source or is shared by all others: until then, logins from at least one source are
    rejected. It is None if no window is full.
    """

    failed_logins: int
    last_failed_login_at: datetime | None
    throttled_until: datetime | None


class UserCreated(UserRead):
    """A user with their generated password, which is shown only once."""

    generated_password: str | None = Field(default=None, repr=False)
