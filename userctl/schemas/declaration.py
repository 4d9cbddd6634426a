"""Users as code: what a file may declare of a set of users.

The models say what a file may hold and what its JSON Schema says; files are read in
``formats/declarations``. A field that a file does not name is not in ``model_fields_set``: it is
neither compared nor written.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from userctl.core.errors import InvalidInput
from userctl.core.places import Place
from userctl.core.text import quote
from userctl.schemas.email_address import canonical_email
from userctl.schemas.set_name import SET_NAME_LENGTH, check_set_name
from userctl.schemas.timestamp import parse_duration
from userctl.schemas.tokens import LABEL_LENGTH, check_label, check_scope
from userctl.schemas.user_fields import LARGEST_VERSION
from userctl.schemas.user_name import NAME_LENGTH, check_name
from userctl.schemas.users import UserStatus

Value = TypeVar("Value")

UserState = Literal["present", "created", "absent"]

PASSWORD_SOURCES = ("password_hash", "password_env", "password_file", "generate")
"""The fields of which each says where a password comes from; a user has at most one."""


def _checked(check: Callable[[Value], Value]) -> AfterValidator:
    """Return a validator that says what a check of ours refuses, beside all other faults."""

    def validate(value: Value) -> Value:
        try:
            return check(value)
        except InvalidInput as error:
            raise PydanticCustomError("refused", "{reason}", {"reason": error.message}) from None

    return AfterValidator(validate)


def _parse_lifetime(text: str) -> str:
    if text != "never" and parse_duration(text) <= timedelta():
        raise InvalidInput("The lifetime of a token must be longer than zero.")
    return text


def _check_text(text: str) -> str:
    if not text or "\0" in text:
        raise InvalidInput("The text is empty." if not text else "The text holds a NUL character.")
    return text


Address = Annotated[str, _checked(canonical_email)]
Text = Annotated[str, _checked(_check_text)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class DeclaredToken(_Declared):
    """An API token that a user shall have; it is known by its label."""

    label: Annotated[str, _checked(check_label)] = Field(
        description="What the token is for. A token with this label that is in force is left as "
        "it is.",
        json_schema_extra={"minLength": 1, "maxLength": LABEL_LENGTH},
    )
    scope: Annotated[list[str], _checked(lambda words: [*check_scope(tuple(words))])] = Field(
        default_factory=list, description="What the token permits."
    )
    expires: Annotated[str, _checked(_parse_lifetime)] = Field(
        default="90d",
        description="How long a new token is valid: 90d, 12h, or never.",
        json_schema_extra={"pattern": "^([0-9]{1,9}(ms|[smhdw])|never)$"},
    )

    @property
    def expires_in(self) -> timedelta | None:
        """How long a new token is valid; None for one that never expires."""
        return None if self.expires == "never" else parse_duration(self.expires)


class DeclaredUser(_Declared):
    """A user, known by the address. A field that is not named is neither compared nor written."""

    email: Address = Field(description="The address, by which the user is known.")
    state: UserState = Field(
        default="present",
        description="present: keep the user so. created: create the user so, and then leave it "
        "alone. absent: the user must not exist.",
    )
    name: Annotated[str, _checked(check_name)] | None = Field(
        default=None,
        description="The name; null for none.",
        json_schema_extra={"maxLength": NAME_LENGTH},
    )
    role: Text = Field(default="user", description="One of the configured roles.")
    status: UserStatus = Field(default="active", description="Whether the user may log in.")
    previous_emails: list[Address] = Field(
        default_factory=list,
        description="Addresses that the user had: one who is found by them gets the new address.",
    )
    password_hash: Text | None = Field(
        default=None,
        description="The hash of the password, in any scheme that an import accepts.",
        repr=False,
    )
    password_env: Text | None = Field(
        default=None, description="The environment variable that holds the password."
    )
    password_file: Text | None = Field(
        default=None,
        description="The file that holds the password; a relative path begins at the folder of "
        "the file that names it.",
    )
    generate: bool = Field(
        default=False, description="Generate the password, and print it once when it is set."
    )
    password_version: int = Field(
        default=1,
        ge=1,
        le=LARGEST_VERSION,
        description="The password is set again when this is higher than it was the last time.",
    )
    adopt: bool = Field(
        default=False, description="Take over a user who exists and belongs to no set."
    )
    api_tokens: list[DeclaredToken] = Field(
        default_factory=list, description="API tokens that the user shall have."
    )

    _place: Place | None = PrivateAttr(default=None)

    @property
    def place(self) -> Place:
        """Where the user stands."""
        return self._place or Place("-", 1, 1)

    def at(self, place: Place) -> Self:
        """Return this user, and remember where it stands."""
        self._place = place
        return self

    def declares(self, field: str) -> bool:
        """Tell whether the file names a field."""
        return field in self.model_fields_set

    @property
    def password_source(self) -> str | None:
        """The field that says where the password comes from; None if no password is declared."""
        return next((name for name in PASSWORD_SOURCES if getattr(self, name)), None)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        sources = [name for name in PASSWORD_SOURCES if getattr(self, name)]
        if len(sources) > 1:
            raise _refusal(f"Only one of {' and '.join(sources)} can be the password.")
        if self.declares("password_version") and not sources:
            raise _refusal("password_version is without a password: declare one beside it.")
        if self.state == "absent":
            others = self.model_fields_set - {"email", "state", "previous_emails", "adopt"}
            if others:
                raise _refusal(f"A user who is absent has no {sorted(others)[0]}.")
        if self.email in self.previous_emails:
            raise _refusal(f"{self.email} is not a previous address: it is the address.")
        if len(self.api_tokens) > 1:
            [(label, count)] = Counter(token.label for token in self.api_tokens).most_common(1)
            if count > 1:
                raise _refusal(f"Two API tokens have the label {quote(label)}.")
        return self


def _refusal(reason: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


class Declaration(_Declared):
    """Users as code: a file of users, or several that were read as one."""

    schema_url: str | None = Field(
        default=None, alias="$schema", description="Where editors find this schema."
    )
    set: Annotated[str, _checked(check_set_name)] | None = Field(
        default=None, description="The set that the users belong to.", max_length=SET_NAME_LENGTH
    )
    users: list[DeclaredUser] = Field(description="The users.")


def declaration_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declaration.model_json_schema(),
    }
