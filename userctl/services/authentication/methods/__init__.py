"""Ways to prove who one is, a file for each.

A method checks credentials outside any transaction, because that may take long, and returns a
proof. The proof is redeemed inside the transaction that starts a session, where it makes sure
that what it proved still holds.

Each module of this package is a method of its name: ``build`` returns its
:class:`Authenticator`. Nothing else has to know it, so that a new one is a new file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from userctl.core.clock import Clock
from userctl.core.errors import InvalidInput
from userctl.core.text import escape_invisible
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import User
from userctl.schemas.credentials import Credentials
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.authentication.throttling import LoginThrottling


@dataclass(frozen=True)
class Identity:
    """Who was authenticated, and the bounds of a session that is started with it.

    Args:
        user: the account, locked.
        origin: the credential that ends the session when it is revoked, if there is one.
        scope: what the session is allowed (RFC 6749, section 3.3); None for all that the account
            is.
        ends_at: when the session ends at the latest.
    """

    user: User
    origin: str | None = None
    scope: str | None = None
    ends_at: datetime | None = None


class Proof(Protocol):
    """What a successful authentication leaves behind."""

    def redeem(self, uow: UnitOfWork) -> Identity:
        """Return who was authenticated.

        Raises:
            ProofOutdated: if the account was changed since, so that another look decides.
            AuthenticationFailed: if the proof no longer holds.
        """
        ...


class Authenticator(Protocol):
    """One way to authenticate."""

    def authenticate(self, credentials: Credentials) -> Proof:
        """Check credentials.

        Raises:
            AuthenticationFailed: if they prove nothing.
        """
        ...


@dataclass(frozen=True)
class AuthenticationContext:
    """What a method may need."""

    database: Database
    hasher: PasswordHasher
    policy: PasswordPolicy
    throttling: LoginThrottling
    clock: Clock


def methods() -> list[str]:
    """Return the names of all methods, as they are typed."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(__path__))


def authenticator(method: str, context: AuthenticationContext) -> Authenticator:
    """Return a method by its name.

    Raises:
        InvalidInput: if there is none of that name.
    """
    if method not in methods():
        raise InvalidInput(
            f"There is no way to log in called '{escape_invisible(method[:40])}'.",
            hint=f"There are: {', '.join(methods())}.",
        )
    build: Callable[[AuthenticationContext], Authenticator]
    build = import_module(f"{__name__}.{method.replace('-', '_')}").build
    return build(context)
