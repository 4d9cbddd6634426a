"""The bodies of requests and responses, besides the schemas of the library."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from userctl.schemas.session import Grant
from userctl.schemas.users import UserRead, UserSort, UserStatus

LARGEST_PAGE = 1000

ShortText = Annotated[str, Field(max_length=1000)]
Secret = Annotated[str, Field(max_length=10_000)]


class Body(BaseModel):
    """A body that must not have unknown fields, such as a role where none is accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Registration(Body):
    """A new user."""

    email: ShortText
    password: Secret = Field(repr=False)
    name: ShortText | None = None


class NewUser(Body):
    """A new user, made by an admin; without a password they cannot log in with one."""

    email: ShortText
    name: ShortText | None = None
    role: ShortText = "user"
    password: Secret | None = Field(default=None, repr=False)
    generate_password: bool = False
    must_change_password: bool = False


class UserChanges(Body):
    """Changes of a user (RFC 7396); null removes a name. A status must be the only change."""

    email: ShortText | None = None
    name: ShortText | None = None
    role: ShortText | None = None
    status: UserStatus | None = None


class TokenRequest(BaseModel):
    """A request for tokens (RFC 6749, sections 4.3 and 6); other fields are ignored."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    grant_type: ShortText = Field(default="password", description="`password` or `refresh_token`.")
    username: ShortText | None = Field(default=None, description="The e-mail address.")
    password: Secret | None = Field(
        default=None, repr=False, json_schema_extra={"format": "password"}
    )
    refresh_token: Secret | None = Field(default=None, repr=False)


class RefreshToken(Body):
    """A refresh token."""

    refresh_token: Secret = Field(repr=False)


class PasswordChange(Body):
    """The current password and the new one; without an address, those of the token's user."""

    email: ShortText | None = None
    current_password: Secret = Field(repr=False)
    new_password: Secret = Field(repr=False)


class UserQuery(Body):
    """Which users to list, and in which order."""

    search: ShortText | None = None
    role: ShortText | None = None
    status: UserStatus | None = None
    sort: UserSort = "id"
    descending: bool = False
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100
    after: Annotated[int, Field(ge=0)] | None = None


class UserPage(BaseModel):
    """A page of users; ``next`` is the ``after`` of the next page.

    ``unreadable`` has the ids of users who belong on the page, but have a value, stored by another
    program, that cannot be read.
    """

    items: list[UserRead]
    next: int | None
    unreadable: list[int]


class Tokens(BaseModel):
    """New tokens (RFC 6749, section 5.1), without the refresh token if that is in the cookie."""

    access_token: str = Field(repr=False)
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int
    refresh_token: str | None = Field(default=None, repr=False)

    @classmethod
    def from_grant(cls, grant: Grant, *, in_cookie: bool) -> "Tokens":
        """Return the tokens of a grant."""
        tokens = grant.tokens
        return cls(
            access_token=tokens.access_token,
            expires_in=tokens.expires_in,
            refresh_token=None if in_cookie else tokens.refresh_token,
        )
