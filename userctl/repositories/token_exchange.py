"""The rows that an exchange of a refresh token reads and writes."""

from collections import namedtuple
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, false, select, update

from userctl.models import RefreshToken, User
from userctl.models.types import UTCDateTime
from userctl.repositories.changes import Change, insert_values
from userctl.repositories.live_sessions import FoundUser
from userctl.repositories.statement import Statement

_USERS = User.metadata.tables["users"]
_TOKENS = RefreshToken.metadata.tables["refresh_tokens"]
_TOKEN_COLUMNS = (
    "id", "user_id", "used_at", "revoked", "expires_at", "successor_id", "family_id",
    "family_expires_at", "family_started_at", "origin", "scope", "login_method", "login_source",
    "login_client",
)  # fmt: skip
_FoundToken = namedtuple("_FoundToken", _TOKEN_COLUMNS)  # type: ignore[misc]

_TOKEN = Statement(
    select(*(_TOKENS.c[name] for name in _TOKEN_COLUMNS)).where(
        _TOKENS.c.token == bindparam("digest")
    )
)
_OWNER = Statement(select(*_USERS.c).where(_USERS.c.id == bindparam("owner")).with_for_update())

_now = bindparam("now", type_=UTCDateTime())
_USE = Change(
    update(_TOKENS).values(
        used_at=_now,
        updated_at=_now,
        revoked=True,
        successor_id=bindparam("successor"),
        family_id=bindparam("family"),
        family_expires_at=bindparam("family_end"),
    ),
    _TOKENS.c.id == bindparam("used"),
    _TOKENS.c.used_at.is_(None),
    _TOKENS.c.revoked.is_(false()),
)


class TokenExchangeRepository:
    """The refresh token that is exchanged, its user and its successor."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock_owner(self, digest: str) -> tuple[Any, Any] | None:
        """Lock the user of a refresh token, and return the user as they are now, and the token.

        The token is read before the lock is taken; :meth:`mark_used` detects a change in between.
        Planning one query for both would take PostgreSQL longer than running two.

        Args:
            digest: the SHA-256 of the token.
        """
        row = _TOKEN.first(self._connection, {"digest": digest})
        if row is None:
            return None
        token: Any = _FoundToken._make(row)
        owner = _OWNER.first(self._connection, {"owner": token.user_id})
        return None if owner is None else (FoundUser._make(owner), token)

    def add(self, **values: Any) -> int:
        """Insert an active token, and return its id."""
        return insert_values(self._connection, RefreshToken, {"revoked": False, **values})

    def mark_used(self, token_id: int, now: datetime, **values: Any) -> bool:
        """Record that an active token was exchanged; return False if it is no longer active.

        Args:
            token_id: the token.
            now: when it was exchanged.
            values: its successor and its family: a token that another program wrote joins the
                family that it starts.
        """
        return _USE.run(self._connection, {"used": token_id, "now": now, **values}, expected=1) == 1
