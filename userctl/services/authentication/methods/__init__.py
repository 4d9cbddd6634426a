"""Methods of authentication, one file for each.

A method checks credentials outside any transaction, because that may be slow, and returns a proof.
The proof is redeemed inside the transaction that starts a session, where it checks that it is still
valid.

A new method is a file with an :class:`Authenticator` and a row in :data:`METHODS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol

from userctl.core.clock import Clock
from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import User
from userctl.schemas.credentials import Credentials
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.authentication.throttling import LoginThrottling


@dataclass(frozen=True)
class Identity:
    """The authenticated user, and the limits of the session that is started for them.

    Args:
        user: the user, locked.
        origin: the credential whose revocation ends the session, if there is one.
        scope: what the session may do (RFC 6749, section 3.3); None for all that the user may do.
        ends_at: when the session ends at the latest.
    """

    user: User
    origin: str | None = None
    scope: str | None = None
    ends_at: datetime | None = None


class Proof(Protocol):
    """The result of a successful authentication."""

    def redeem(self, uow: UnitOfWork) -> Identity:
        """Return the authenticated user.

        Raises:
            ProofOutdated: if the user was changed since; the credentials can be checked again.
            AuthenticationFailed: if the proof is no longer valid.
        """
        ...


class Authenticator(Protocol):
    """A method of authentication."""

    def authenticate(self, credentials: Credentials) -> Proof:
        """Check credentials.

        Raises:
            AuthenticationFailed: if they are not valid.
        """
        ...


@dataclass(frozen=True)
class AuthenticationContext:
    """The parts that a method may need."""

    database: Database
    hasher: PasswordHasher
    policy: PasswordPolicy
    throttling: LoginThrottling
    clock: Clock
    password_upgrade: bool
    adopted_hash_prefix: str | None


METHODS = {
    "api-token": "api_token:ApiTokenAuth",
    "password": "password:EmailPasswordAuth",
}
"""The methods by name, each with its module in this package and its class."""


def authenticator(method: str, context: AuthenticationContext) -> Authenticator:
    """Return a method by its name.

    Raises:
        InvalidInput: if there is no method of this name.
    """
    if method not in METHODS:
        raise InvalidInput(
            f"{quote(method)} is not a login method.", hint=f"Use one of: {', '.join(METHODS)}."
        )
    module, _, name = METHODS[method].partition(":")
    build: Callable[[AuthenticationContext], Authenticator]
    build = getattr(import_module(f"{__name__}.{module}"), name)
    return build(context)
