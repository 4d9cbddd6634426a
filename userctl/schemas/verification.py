"""The results of verifying tokens."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from userctl.schemas.tokens import AccessClaims, ApiTokenClaims
from userctl.schemas.users import UserRead


@dataclass(frozen=True)
class VerifiedToken:
    """The claims of an active token, and its user."""

    user: UserRead
    claims: AccessClaims | ApiTokenClaims

    @property
    def scope(self) -> frozenset[str] | None:
        """The scopes of the token; None if it may do everything that its user may."""
        return None if self.claims.scope is None else frozenset(self.claims.scope.split())


class Introspection(BaseModel):
    """The description of a token (RFC 7662, section 2.2); only ``active`` if it is not active.

    ``username`` is the e-mail address of the user, ``uid`` their id, ``sid`` the session and
    ``kind`` the kind of the token. Times are in seconds since the epoch.
    """

    model_config = ConfigDict(frozen=True)

    active: bool
    kind: Literal["access", "api", "refresh"] | None = None
    token_type: Literal["bearer"] | None = None
    username: str | None = None
    sub: str | None = None
    uid: int | None = None
    role: str | None = None
    scope: str | None = None
    iss: str | None = None
    aud: str | None = None
    iat: int | None = None
    exp: int | None = None
    jti: str | None = None
    sid: str | None = None
    label: str | None = None
