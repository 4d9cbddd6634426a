"""Users as code: what a file may declare about a set of users.

The models define the contents of a file and its JSON Schema; ``formats/declarations`` reads files.
A field that a file does not name is not in ``model_fields_set``: it is neither compared nor
written.
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
"""The fields that say where a password comes from; a user has at most one of them."""


def _validator(check: Callable[[Value], Value]) -> AfterValidator:
    """Return a validator that reports a failed check together with all other problems."""

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


Address = Annotated[str, _validator(canonical_email)]
Text = Annotated[str, _validator(_check_text)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class DeclaredToken(_Declared):
    """An API token that a user should have; it is identified by its label."""

    label: Annotated[str, _validator(check_label)] = Field(
        description="What the token is for. An active token with this label is kept.",
        json_schema_extra={"minLength": 1, "maxLength": LABEL_LENGTH},
    )
    scope: Annotated[list[str], _validator(lambda words: [*check_scope(tuple(words))])] = Field(
        default_factory=list, description="The scopes of the token."
    )
    expires: Annotated[str, _validator(_parse_lifetime)] = Field(
        default="90d",
        description="How long a new token is valid: 90d, 12h, or never.",
        json_schema_extra={"pattern": "^([0-9]{1,9}(ms|[smhdw])|never)$"},
    )

    @property
    def expires_in(self) -> timedelta | None:
        """How long a new token is valid; None for one that never expires."""
        return None if self.expires == "never" else parse_duration(self.expires)


class DeclaredUser(_Declared):
    """A user, identified by the address. A field that is not named is not compared or written."""

    email: Address = Field(description="The e-mail address, which identifies the user.")
    state: UserState = Field(
        default="present",
        description="present: keep the user as declared. created: create the user as declared, "
        "and do not change them later. absent: the user must not exist.",
    )
    name: Annotated[str, _validator(check_name)] | None = Field(
        default=None,
        description="The name; null for none.",
        json_schema_extra={"maxLength": NAME_LENGTH},
    )
    role: Text = Field(default="user", description="One of the configured roles.")
    status: UserStatus = Field(default="active", description="Whether the user may log in.")
    previous_emails: list[Address] = Field(
        default_factory=list,
        description="Former addresses: a user found by one of them gets the new address.",
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
        description="The file that holds the password; a relative path starts at the folder of "
        "the declaration.",
    )
    generate: bool = Field(
        default=False, description="Generate the password, and print it once when it is set."
    )
    password_version: int = Field(
        default=1,
        ge=1,
        le=LARGEST_VERSION,
        description="The password is set again when this number is raised.",
    )
    adopt: bool = Field(
        default=False, description="Take over an existing user who belongs to no set."
    )
    api_tokens: list[DeclaredToken] = Field(
        default_factory=list, description="API tokens that the user should have."
    )

    _place: Place | None = PrivateAttr(default=None)

    @property
    def place(self) -> Place:
        """The place in the file at which the user is declared."""
        return self._place or Place("-", 1, 1)

    def with_place(self, place: Place) -> Self:
        """Remember where this user is declared, and return it."""
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
            raise _invalid(f"Only one of {' and '.join(sources)} can be the password.")
        if self.declares("password_version") and not sources:
            raise _invalid("password_version needs a password: declare one too.")
        if self.state == "absent":
            others = self.model_fields_set - {"email", "state", "previous_emails", "adopt"}
            if others:
                raise _invalid(f"An absent user cannot have {sorted(others)[0]}.")
        if self.email in self.previous_emails:
            raise _invalid(f"{self.email} is the current address, not a previous one.")
        if len(self.api_tokens) > 1:
            [(label, count)] = Counter(token.label for token in self.api_tokens).most_common(1)
            if count > 1:
                raise _invalid(f"Two API tokens have the label {quote(label)}.")
        return self


def _invalid(reason: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


class Declaration(_Declared):
    """Users as code: a file of users, or several that were read as one."""

    schema_url: str | None = Field(
        default=None, alias="$schema", description="The URL at which editors find this schema."
    )
    set: Annotated[str, _validator(check_set_name)] | None = Field(
        default=None, description="The set that the users belong to.", max_length=SET_NAME_LENGTH
    )
    users: list[DeclaredUser] = Field(description="The users.")


def declaration_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declaration.model_json_schema(),
    }
