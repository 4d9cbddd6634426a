"""Authentication by e-mail address and password."""

from dataclasses import dataclass, field
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import (
    InvalidCredentials,
    InvalidEmail,
    PasswordChangeRequired,
    ProofOutdated,
)
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.schemas import Credentials
from userctl.schemas.audit import AuditTag
from userctl.schemas.email_address import canonical_email
from userctl.services.authentication.methods import AuthenticationContext, Identity, Proof
from userctl.services.authentication.throttling import Charge


@dataclass(frozen=True)
class Account:
    """What is known of the account of an address; without an id nobody can log in to it."""

    user_id: int | None
    email: str
    name: str | None
    hashed: str = field(repr=False)
    must_change: bool


class EmailPasswordAuth:
    """The identity is an e-mail address, the secret a password."""

    def __init__(self, tools: AuthenticationContext) -> None:
        self._database = tools.database
        self._hasher = tools.hasher
        self._policy = tools.policy
        self._throttling = tools.throttling
        self._clock = tools.clock

    def authenticate(self, credentials: Credentials) -> Proof:
        """Check a password, at the price of one hash also where there is no such account.

        Raises:
            LoginThrottled: if too many logins to the address failed; then nothing is hashed.
            InvalidCredentials: if the password is not the one of an active account.
            PasswordChangeRequired: if it is, but has to be changed and no new one was given.
            PasswordRejected: if the new one breaks the policy.
        """
        email = credentials.identity or ""
        charge = self._throttling.charge(email, credentials.source)
        account = self._look_up(email)
        matches = self._hasher.verify(credentials.secret, account.hashed)
        if not matches or account.user_id is None:
            raise InvalidCredentials
        # Whatever may go wrong from here on, the password was right.
        self._refund(charge)
        better = self._replacement_hash(account, credentials)
        return PasswordProof(
            account.user_id, account.hashed, better, account.must_change, self._clock
        )

    @retry_transactions
    def _refund(self, charge: Charge) -> None:
        with self._database.writing() as uow:
            charge.refund(uow)
            uow.commit()

    def _look_up(self, email: str) -> Account:
        try:
            address = canonical_email(email)
        except InvalidEmail:
            address = ""
        with self._database.reading() as uow:
            user = uow.users.by_email(address)
            if user is None:
                return Account(None, address, None, self._hasher.unmatchable(), must_change=False)
            return Account(
                # The right password of a disabled account is worth as little as a wrong one.
                None if user.disabled_at is not None else user.id,
                address,
                user.name,
                user.hashed_password,
                user.must_change_password,
            )

    def _replacement_hash(self, account: Account, credentials: Credentials) -> str | None:
        """Return the hash that shall take the place of the present one, if one shall."""
        if account.must_change:
            new = credentials.new_secret
            if new is None:
                raise PasswordChangeRequired("The password has to be changed at this login.")
            self._policy.check(
                new, email=account.email, name=account.name, present=credentials.secret
            )
            return self._hasher.hash(new)
        if self._hasher.is_outdated(account.hashed):
            return self._hasher.hash(credentials.secret)
        return None


build = EmailPasswordAuth


@dataclass(frozen=True)
class PasswordProof:
    """A password matched a hash; ``better`` is the hash to replace that with, if there is one."""

    user_id: int
    hashed: str = field(repr=False)
    better: str | None = field(repr=False)
    must_change: bool
    clock: Clock

    def redeem(self, uow: UnitOfWork) -> Identity:
        """Return the account if it is active and its password still the same."""
        user = uow.users.lock(self.user_id)
        if user is None or user.disabled_at is not None:
            raise InvalidCredentials
        if (user.hashed_password, user.must_change_password) != (self.hashed, self.must_change):
            raise ProofOutdated
        now = self.clock()
        values: dict[str, Any] = {} if self.better is None else {"hashed_password": self.better}
        if self.better is not None:
            tag = AuditTag.PASSWORD_CHANGE if self.must_change else AuditTag.PASSWORD_REHASH
            uow.record(tag, now, user=user)
        if self.must_change:
            values["must_change_password"] = False
            # Whoever else knew the password that was given out is out with this.
            uow.refresh_tokens.revoke_user(self.user_id, now)
        if values:
            uow.users.update(user, now, **values)
        return Identity(user)
