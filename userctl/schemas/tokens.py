"""Access and refresh tokens, as services take and return them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from userctl.schemas.page import Count

TokenState = Literal["active", "used", "revoked", "expired"]


class TokenPair(BaseModel):
    """What a login or a refresh hands out (RFC 6749, section 5.1); ``expires_in`` in seconds."""

    access_token: str
    refresh_token: str
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


class TokenQuery(BaseModel):
    """Which refresh tokens to list; ``limit`` None means all, ``after`` is a token id."""

    model_config = ConfigDict(frozen=True)

    user: str | None = None
    state: TokenState | None = None
    limit: Count | None = 100
    after: Count | None = None


class TokenRead(BaseModel):
    """A refresh token as it may be shown: never the token itself."""

    id: int
    user_id: int
    email: str
    session: str | None
    state: TokenState
    created_at: datetime
    expires_at: datetime
