"""Ways to prove who one is.

A strategy checks credentials outside any transaction, because that may take long, and returns a
proof. The proof is redeemed inside the transaction that starts a session, where it makes sure
that what it proved still holds.
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from userctl.clock import Clock
from userctl.db.unit_of_work import Database, UnitOfWork
from userctl.errors import InvalidCredentials, InvalidEmail
from userctl.models import User
from userctl.schemas.email_address import canonical_email
from userctl.security.passwords import PasswordHasher

C = TypeVar("C", contravariant=True)


class Proof(Protocol):
    """What a successful authentication leaves behind."""

    def redeem(self, uow: UnitOfWork) -> User:
        """Return the account, locked.

        Raises:
            AuthenticationFailed: if the proof no longer holds.
        """
        ...


class Authenticator(Protocol[C]):
    """One way to authenticate."""

    def authenticate(self, credentials: C) -> Proof:
        """Check credentials.

        Raises:
            AuthenticationFailed: if they prove nothing.
        """
        ...


@dataclass(frozen=True)
class EmailPassword:
    """What a person types at a login."""

    email: str
    password: str = field(repr=False)


class EmailPasswordAuth:
    """Authentication by e-mail address and password."""

    def __init__(self, database: Database, *, hasher: PasswordHasher, clock: Clock) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    def authenticate(self, credentials: EmailPassword) -> Proof:
        """Check a password, at the price of one hash also where there is no such account."""
        user_id, hashed = self._look_up(credentials.email)
        if not self._hasher.verify(credentials.password, hashed) or user_id is None:
            raise InvalidCredentials
        better = None
        if self._hasher.is_outdated(hashed):
            better = self._hasher.hash(credentials.password)
        return PasswordProof(user_id, hashed, better, self._clock)

    def _look_up(self, email: str) -> tuple[int | None, str]:
        try:
            address = canonical_email(email)
        except InvalidEmail:
            address = ""
        with self._database.reading() as uow:
            user = uow.users.by_email(address)
            if user is None:
                return None, self._hasher.unmatchable()
            return user.id, user.hashed_password


@dataclass(frozen=True)
class PasswordProof:
    """A password matched this hash; ``better`` is its successor at a higher cost, if due."""

    user_id: int
    hashed: str = field(repr=False)
    better: str | None = field(repr=False)
    clock: Clock

    def redeem(self, uow: UnitOfWork) -> User:
        """Return the account if it is active and its password still the same."""
        user = uow.users.lock(self.user_id)
        if user is None or user.disabled_at is not None or user.hashed_password != self.hashed:
            raise InvalidCredentials
        if self.better is not None:
            uow.users.change(user, self.clock(), hashed_password=self.better)
        return user
