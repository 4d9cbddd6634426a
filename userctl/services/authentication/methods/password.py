"""Authentication by e-mail address and password."""

from dataclasses import dataclass, field
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import (
    DatabaseNotReady,
    InvalidCredentials,
    PasswordChangeRequired,
    ProofOutdated,
)
from userctl.core.failure_cause import FailureCause
from userctl.core.stand_in_hash import is_unmatchable
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.models.own_hash import hash_columns, login_hash, waits_as_foreign
from userctl.schemas.audit import AuditTag
from userctl.schemas.credentials import Credentials
from userctl.schemas.email_address import is_canonical, lookup_address
from userctl.security.bcrypt_hash import is_bcrypt_hash
from userctl.security.passwords import add_hash_prefix, fits_bcrypt, is_verifiable_hash
from userctl.services.authentication.methods import AuthenticationContext, Identity, Proof
from userctl.services.authentication.throttling import Charge


@dataclass(frozen=True)
class LoginCandidate:
    """The stored data for an address; without a user id no login succeeds.

    ``checked`` is the stored hash with the name of its scheme, ``is_upgraded`` says that a bcrypt
    hash will replace one from another system, and ``obstacle`` is the cause to record if the login
    fails.
    """

    user_id: int | None
    email: str
    name: str | None
    hashed: str = field(repr=False)
    checked: str = field(repr=False)
    must_change: bool
    is_upgraded: bool
    obstacle: FailureCause


class EmailPasswordAuth:
    """Authenticates by an e-mail address and a password."""

    def __init__(self, context: AuthenticationContext) -> None:
        self._database = context.database
        self._hasher = context.hasher
        self._policy = context.policy
        self._throttling = context.throttling
        self._clock = context.clock
        self._upgrades = context.password_upgrade
        self._prefix = context.adopted_hash_prefix

    def authenticate(self, credentials: Credentials) -> Proof:
        """Check a password; this costs one hash even if there is no such user.

        Raises:
            LoginThrottled: if too many logins to the address failed; nothing is hashed then.
            InvalidCredentials: if it is not the password of an active user.
            PasswordChangeRequired: if it must be changed and there is no new one.
            PasswordRejected: if the new password breaks the policy.
        """
        email = credentials.identity or ""
        charge = self._throttling.charge(email, credentials.source)
        candidate = self._look_up(email)
        try:
            matches = self._hasher.verify(credentials.secret, candidate.checked)
        except DatabaseNotReady:
            # The password was not checked.
            self._refund(charge)
            raise
        if not matches or candidate.user_id is None:
            raise InvalidCredentials(candidate.obstacle)
        # Whatever fails from here on, the password was right.
        self._refund(charge)
        changes = credentials.new_secret is not None
        return PasswordProof(
            candidate.user_id,
            candidate.hashed,
            self._replacement_hash(candidate, credentials),
            must_change=candidate.must_change,
            changes=changes,
            expires=candidate.is_upgraded and not changes and not fits_bcrypt(credentials.secret),
            clock=self._clock,
        )

    @retry_transactions
    def _refund(self, charge: Charge) -> None:
        with self._database.writing() as uow:
            charge.refund(uow)
            uow.commit()

    def _look_up(self, email: str) -> LoginCandidate:
        address = lookup_address(email)
        with self._database.reading() as uow:
            user = uow.users.by_email(address) if address else None
            if user is None:
                unmatchable = self._hasher.unmatchable_hash()
                return LoginCandidate(
                    None,
                    address,
                    None,
                    unmatchable,
                    unmatchable,
                    must_change=False,
                    is_upgraded=False,
                    obstacle=FailureCause.UNKNOWN_ADDRESS
                    if is_canonical(address)
                    else FailureCause.NOT_AN_ADDRESS,
                )
            stored, waits = login_hash(user), waits_as_foreign(user)
            checked = stored if waits else add_hash_prefix(stored, self._prefix)
            return LoginCandidate(
                # Even the right password of a disabled user is rejected.
                None if user.disabled_at is not None else user.id,
                address,
                user.name,
                stored,
                checked,
                user.must_change_password,
                waits or (self._upgrades and not is_bcrypt_hash(checked)),
                _obstacle(user, checked),
            )

    def _replacement_hash(self, candidate: LoginCandidate, credentials: Credentials) -> str | None:
        """Return the hash that will replace the stored one, if it must be replaced."""
        new = credentials.new_secret
        if new is not None:
            self._policy.check(
                new, email=candidate.email, name=candidate.name, current=credentials.secret
            )
            return self._hasher.hash(new)
        if candidate.must_change:
            raise PasswordChangeRequired("The password must be changed at this login.")
        if candidate.is_upgraded:
            # The policy does not apply to a password that the user already has.
            return (
                self._hasher.hash(credentials.secret) if fits_bcrypt(credentials.secret) else None
            )
        if self._hasher.is_outdated(candidate.checked):
            return self._hasher.rehash(credentials.secret, candidate.hashed)
        return None


def _obstacle(user: User, checked: str) -> FailureCause:
    """Return the cause to record if the login of a user fails."""
    if user.disabled_at is not None:
        return FailureCause.ACCOUNT_DISABLED
    if is_unmatchable(checked):
        return FailureCause.NO_PASSWORD
    if not is_verifiable_hash(checked):
        return FailureCause.UNSUPPORTED_HASH
    return FailureCause.WRONG_PASSWORD


@dataclass(frozen=True)
class PasswordProof:
    """A matched password hash, and its replacement if it must be replaced.

    ``changes`` says that the replacement is the hash of another password, and ``expires`` that the
    password must be changed at the next login because bcrypt cannot hash it.
    """

    user_id: int
    hashed: str = field(repr=False)
    replacement: str | None = field(repr=False)
    must_change: bool
    changes: bool
    expires: bool
    clock: Clock

    def redeem(self, uow: UnitOfWork) -> Identity:
        """Return the user if they are active and their password is still the same."""
        user = uow.users.lock(self.user_id)
        if user is None:
            raise InvalidCredentials(FailureCause.UNKNOWN_ADDRESS)
        if user.disabled_at is not None:
            raise InvalidCredentials(FailureCause.ACCOUNT_DISABLED)
        if (login_hash(user), user.must_change_password) != (self.hashed, self.must_change):
            raise ProofOutdated
        now = self.clock()
        values: dict[str, Any] = {}
        if self.replacement is not None:
            values |= hash_columns(self.replacement, stand_in=None)
            tag = AuditTag.PASSWORD_CHANGE if self.changes else AuditTag.PASSWORD_REHASH
            uow.record(tag, now, user=user)
        if self.changes:
            values["must_change_password"] = False
            # This logs out everyone else who knew the former password.
            uow.refresh_tokens.revoke_user(self.user_id, now)
        if self.expires:
            values["must_change_password"] = True
            uow.record(AuditTag.PASSWORD_EXPIRE, now, user=user)
        if values:
            uow.users.update(user, now, **values)
        return Identity(user)
