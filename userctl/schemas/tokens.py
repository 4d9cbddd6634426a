"""Access and refresh tokens, as services take and return them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters, quote
from userctl.schemas.page import Count
from userctl.schemas.timestamp import check_span

TokenKind = Literal["api", "refresh"]
TokenState = Literal["active", "used", "revoked", "expired"]

LABEL_LENGTH = 100
SCOPE_LENGTH = 1000


def check_label(label: str) -> str:
    """Return the label of an API token.

    Raises:
        InvalidInput: if it is blank, too long, or has invisible characters.
    """
    if not 1 <= len(label) <= LABEL_LENGTH or label.isspace() or has_invisible_characters(label):
        raise InvalidInput(f"The label is not valid. Use 1 to {LABEL_LENGTH} visible characters.")
    return label


def check_scope(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes of an API token without duplicates (RFC 6749, section 3.3).

    Raises:
        InvalidInput: if one has a character that no scope may have, or they are too long in total.
    """
    for word in words:
        if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", word):
            raise InvalidInput(
                f"{quote(word)} is not a scope. "
                "Use printable ASCII without spaces, quotation marks and backslashes.",
                hint="Pass --scope once for each scope.",
            )
    if len(" ".join(words)) > SCOPE_LENGTH:
        raise InvalidInput(f"The scopes have more than {SCOPE_LENGTH} characters in total.")
    return tuple(dict.fromkeys(words))


def _check_lifetime(span: timedelta | None) -> timedelta | None:
    if span is None:
        return None
    if span <= timedelta():
        raise InvalidInput("The lifetime of a token must be longer than zero.")
    return check_span(span)


class TokenPair(BaseModel):
    """The tokens of a login or a refresh (RFC 6749, section 5.1); ``expires_in`` in seconds."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int


class AccessClaims(BaseModel):
    """The claims of a verified access token (RFC 9068); times in seconds since the epoch."""

    model_config = ConfigDict(frozen=True)

    sub: str
    uid: int
    role: str
    iss: str
    aud: str | None = None
    iat: int
    exp: int
    jti: str
    sid: str
    scope: str | None = None


class TokenQuery(BaseModel):
    """Which tokens to list; ``limit`` None means all, ``after`` is the id of a token.

    Without a state, a list of tokens that expire soon or are unused has active tokens only.
    """

    model_config = ConfigDict(frozen=True)

    user: str | None = None
    kind: TokenKind | None = None
    state: TokenState | None = None
    expires_within: timedelta | None = None
    unused_since: timedelta | None = None
    limit: Count | None = 100
    after: str | None = None


class TokenRead(BaseModel):
    """A token as shown, without its text.

    A refresh token is used when it is exchanged, so the last use of a session is the time at
    which its current token was issued.
    """

    id: str
    kind: TokenKind
    user_id: int
    email: str
    label: str | None
    scope: list[str]
    session: str | None
    state: TokenState
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    replayed_at: datetime | None


@dataclass(frozen=True)
class TokenPage:
    """A page of tokens, like ``Page`` for other records; ``after`` is the id of the last row."""

    items: Sequence[TokenRead]
    more: bool
    after: str | None = None


class TokenTarget(BaseModel):
    """A token that is about to be changed, and the address of its user."""

    id: str
    kind: TokenKind
    email: str
    label: str | None = None


def _tuple(value: object) -> object:
    # A string is a sequence too, but is a mistake here.
    return tuple(value) if isinstance(value, list | set | frozenset) else value


class ApiTokenCreate(BaseModel):
    """A new API token; ``expires_in`` None means that it never expires."""

    model_config = ConfigDict(frozen=True)

    user: str
    label: Annotated[str, AfterValidator(check_label)]
    scope: Annotated[tuple[str, ...], BeforeValidator(_tuple), AfterValidator(check_scope)] = ()
    expires_in: Annotated[timedelta | None, AfterValidator(_check_lifetime)]


class ApiTokenIssued(TokenRead):
    """An API token with its text, which is shown only once."""

    token: str = Field(repr=False)


class ApiTokenClaims(BaseModel):
    """The claims of an active API token; times in seconds since the epoch.

    They are named like the claims of an access token; ``jti`` is the id of the API token.
    """

    sub: str
    uid: int
    role: str
    scope: str | None
    iat: int
    exp: int | None
    jti: str
    label: str
