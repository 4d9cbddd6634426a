"""The query with which each request to a service begins."""

from collections import namedtuple
from typing import Any

from sqlalchemy import Select, bindparam, select, true

from userctl.models import RefreshToken, User

_USERS = User.metadata.tables["users"].c
_TOKENS = RefreshToken.metadata.tables["refresh_tokens"].c
_USER_NAMES = [column.name for column in _USERS]
_TOKEN_NAMES = ["id", "user_id", "used_at", "revoked", "expires_at", "family_expires_at"]
FoundUser = namedtuple("FoundUser", _USER_NAMES)  # type: ignore[misc]
_FoundToken = namedtuple("_FoundToken", _TOKEN_NAMES)  # type: ignore[misc]

USER_AND_TOKENS: Select[Any] = (
    select(*_USERS, *(_TOKENS[name].label(f"token_{name}") for name in _TOKEN_NAMES))
    # The rest is compared in Python: planning it would take the server as long as everything else.
    .join_from(User, RefreshToken, true())
    .where(
        _USERS.id == bindparam("user"),
        _TOKENS.family_id == bindparam("family"),
        _TOKENS.used_at.is_(None),
    )
)
"""A user with each unexchanged token of a session, usually one.

The session may be another user's, or have ended.
"""


def split_row(row: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the user and the token of a row, with their columns as attributes."""
    number = len(_USER_NAMES)
    return FoundUser._make(row[:number]), _FoundToken._make(row[number:])
