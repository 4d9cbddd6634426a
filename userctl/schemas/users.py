"""Accounts, as services take and return them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters
from userctl.schemas.email_address import canonical_email
from userctl.schemas.page import Count

NAME_LENGTH = 100

UserStatus = Literal["active", "disabled"]
UserSort = Literal["id", "email", "name", "role", "created_at", "updated_at"]


def check_name(name: str) -> str:
    """Return a name that an account may have.

    Raises:
        InvalidInput: for any other.
    """
    if has_invisible_characters(name):
        raise InvalidInput(
            "The name holds a control or invisible character.", hint="Type the name anew."
        )
    if not 1 <= len(name) <= NAME_LENGTH:
        raise InvalidInput(f"A name has 1 to {NAME_LENGTH} characters, not {len(name)}.")
    if name.isspace():
        raise InvalidInput("The name is blank.")
    return name


def _new_name(name: str) -> str:
    return check_name(name) if name else name


def _search(text: str) -> str:
    if has_invisible_characters(text):
        raise InvalidInput("The text to search for holds a control or invisible character.")
    return text


def _beginning(text: str) -> str:
    # Stored addresses are in lower case.
    return _search(text).lower()


Email = Annotated[str, AfterValidator(canonical_email)]
Name = Annotated[str, AfterValidator(check_name)]


class UserCreate(BaseModel):
    """A new account; ``password`` is None for an account that cannot log in with one.

    A password that must be changed is good for one login, which asks for another.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: Email
    name: Name | None = None
    role: str = "user"
    password: str | None = None
    must_change_password: bool = False


class UserUpdate(BaseModel):
    """The fields to change; those that are None stay as they are, an empty name goes."""

    model_config = ConfigDict(frozen=True)

    email: Email | None = None
    name: Annotated[str, AfterValidator(_new_name)] | None = None
    role: str | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "UserUpdate":
        if self.email is self.name is self.role is None:
            raise InvalidInput("Nothing to update.", hint="Give --email, --name or --role.")
        return self


class UserQuery(BaseModel):
    """Which accounts to list, in which order.

    ``search`` is a text that address or name contain, ``beginning`` one that the address begins
    with. ``limit`` None means all; ``after`` is the id of the account after which the list goes on.
    """

    model_config = ConfigDict(frozen=True)

    search: Annotated[str, AfterValidator(_search)] | None = None
    beginning: Annotated[str, AfterValidator(_beginning)] | None = None
    role: str | None = None
    status: UserStatus | None = None
    sort: UserSort = "id"
    descending: bool = False
    limit: Count | None = 100
    skip: Count = 0
    after: Count | None = None


class UserRead(BaseModel):
    """A user as shown, without the password hash."""

    id: int
    email: str
    name: str | None
    role: str
    status: UserStatus
    has_password: bool
    must_change_password: bool
    created_at: datetime
    updated_at: datetime


class DeletedUserRead(UserRead):
    """A deleted account that can come back."""

    deleted_at: datetime


class DeletedUserPurge(BaseModel):
    """How many deleted accounts went for ever, or would."""

    purged: int
    dry_run: bool = False


class UserDetail(UserRead):
    """An account with what is known of its failed logins.

    ``failed_logins`` counts those of the latest window of time of each source, if that ended no
    longer than 24 hours ago; a login that is being checked counts until it succeeds.
    ``last_failed_login_at`` is when the last of them began. ``throttled_until`` is when the last
    full window ends, that of a trusted source or the one that all others share: until then logins
    from at least one source are refused; it is None while none are.
    """

    failed_logins: int
    last_failed_login_at: datetime | None
    throttled_until: datetime | None


class UserCreated(UserRead):
    """An account with the password that was generated for it, shown this once."""

    generated_password: str | None = None
