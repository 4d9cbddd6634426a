"""Sessions, as services take and return them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from userctl.schemas.page import AfterId, Count
from userctl.schemas.tokens import TokenPair
from userctl.schemas.users import UserRead

SessionState = Literal["active", "revoked", "expired"]


@dataclass(frozen=True)
class Grant:
    """New tokens, their user and the end of their session."""

    tokens: TokenPair
    user: UserRead
    session_expires_at: datetime


class SessionRead(UserRead):
    """The user who is logged in, the end of the session, and its file."""

    session_expires_at: datetime
    session_file: str


@dataclass(frozen=True)
class ReplacedSession:
    """The session that was stored before a login.

    Attributes:
        email: the address of its user; empty if the file does not say.
        database: its database.
        was_ended: whether it was ended. A session of another database is only discarded.
        access_tokens_valid_until: see :class:`EndedSessions`.
    """

    email: str
    database: str
    was_ended: bool
    access_tokens_valid_until: datetime | None


@dataclass(frozen=True)
class StartedSession:
    """A session that was started and stored, and the one that it replaced."""

    session: SessionRead
    replaced: ReplacedSession | None


class SessionQuery(BaseModel):
    """Which sessions to list, in the order of their last refresh.

    None for ``state`` or ``limit`` means all; ``after`` is the id of the current refresh token of
    the session after which the page starts.
    """

    model_config = ConfigDict(frozen=True)

    user: str | None = None
    state: SessionState | None = "active"
    limit: Count | None = 100
    after: AfterId | None = None


class UserSessionRead(BaseModel):
    """A session, from login to end, however often it was refreshed.

    ``short_id`` is the beginning of ``id``, and enough to name the session. ``last_refresh_at`` is
    None before the first refresh. ``ends_at`` is when it ends at the latest, and ``expires_at``
    when it ends unless it is refreshed. ``method``, ``source`` and ``client`` say how, from where
    and by which client it was started, and ``origin`` is the API token that started it. ``token``
    is the id of its current refresh token. ``access_tokens_valid_until`` is the time until which a
    service may accept its last access token, even if the session was ended; None if that has
    passed.
    """

    id: str
    short_id: str
    user_id: int
    email: str
    state: SessionState
    started_at: datetime
    last_refresh_at: datetime | None
    expires_at: datetime
    ends_at: datetime
    method: str | None
    source: str | None
    client: str | None
    origin: str | None
    scope: list[str]
    token: str
    access_tokens_valid_until: datetime | None


class EndedSessions(BaseModel):
    """How many active sessions were ended, and until when their access tokens stay valid.

    Until then, a service that verifies access tokens offline accepts those already issued. The time
    is None if there are none.
    """

    sessions_ended: int
    access_tokens_valid_until: datetime | None
