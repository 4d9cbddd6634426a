"""The queries with which each request to a service begins, and each refresh."""

from collections import namedtuple
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, true

from userctl.models import RefreshToken, User
from userctl.repositories.statement import Statement

_USERS = User.metadata.tables["users"].c
_TOKENS = RefreshToken.metadata.tables["refresh_tokens"].c
_USER_NAMES = [column.name for column in _USERS]
_TOKEN_NAMES = ["id", "user_id", "used_at", "revoked", "expires_at", "family_expires_at"]
FoundUser = namedtuple("FoundUser", _USER_NAMES)  # type: ignore[misc]
_FoundToken = namedtuple("_FoundToken", _TOKEN_NAMES)  # type: ignore[misc]

USER_AND_TOKENS: Select[Any] = (
    select(*_USERS, *(_TOKENS[name].label(f"token_{name}") for name in _TOKEN_NAMES))
    # What is compared in Python the server need not plan, which takes as long as all the rest.
    .join_from(User, RefreshToken, true())
    .where(
        _USERS.id == bindparam("user"),
        _TOKENS.family_id == bindparam("family"),
        _TOKENS.used_at.is_(None),
    )
)
"""A user with each token of a session that was not exchanged, usually one.

The session may be another user's, or have ended.
"""

_EXCHANGED = (
    *_TOKEN_NAMES, "successor_id", "family_id", "origin", "scope", "family_started_at",
    "login_method", "login_source", "login_client",
)  # fmt: skip
_ExchangedToken = namedtuple("_ExchangedToken", _EXCHANGED)  # type: ignore[misc]

_TOKEN = Statement(
    select(*(_TOKENS[name] for name in _EXCHANGED)).where(_TOKENS.token == bindparam("digest"))
)
_OWNER = Statement(select(*_USERS).where(_USERS.id == bindparam("owner")).with_for_update())


def lock_owner(connection: Connection, digest: str) -> tuple[Any, Any] | None:
    """Lock the user of a refresh token, and return the user as they are now, and the token.

    The token is read before the lock is there, so whatever changes it has to look at it again. A
    query of both would take the server longer to plan than to run the two.

    Args:
        connection: the connection; the lock lasts until its transaction ends.
        digest: the SHA-256 of the token.
    """
    row = _TOKEN.first(connection, {"digest": digest})
    if row is None:
        return None
    token: Any = _ExchangedToken._make(row)
    owner = _OWNER.first(connection, {"owner": token.user_id})
    return None if owner is None else (FoundUser._make(owner), token)


def split(row: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the user and the token of a row, with their columns as attributes."""
    number = len(_USER_NAMES)
    return FoundUser._make(row[:number]), _FoundToken._make(row[number:])
