"""Generating and expiring the passwords of users."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from userctl.core.errors import InvalidInput, TransactionConflict
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.models.own_hash import hash_columns
from userctl.schemas.audit import AuditTag
from userctl.schemas.batches import PasswordOutcome
from userctl.schemas.users import Effects, UserRead
from userctl.security.hashing import hash_all
from userctl.security.password_policy import PasswordPolicy, generate_password
from userctl.security.passwords import PasswordHasher
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.effects import end_sessions_of
from userctl.services.users.records import lenient_user_read


class ExpirePasswords(UserChange):
    """Makes the passwords of users valid for one login only, and ends their sessions."""

    outcome = PasswordOutcome
    ends_sessions = True

    def require_possible(self, user: User) -> None:
        """Make sure that a user has a password.

        Raises:
            InvalidInput: if not.
        """
        if not lenient_user_read(user).has_password:
            raise InvalidInput(
                f"{user.email} has no password to change.",
                hint="Set one with 'userctl user passwd'.",
            )

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Require a new password at the next login."""
        uow.user_batches.update([(user, {"must_change_password": True}) for user in users], now)
        for user in users:
            uow.record(AuditTag.PASSWORD_EXPIRE, now, user=user)
        return end_sessions_of(uow, users, now, users)


class GeneratePasswords(UserChange):
    """Generates passwords, which are hashed before the transaction, and ends the sessions.

    Args:
        hasher: hashes the passwords.
        policy: says how long they are.
        must_change: whether each is valid for one login only, which asks for a new one.
    """

    outcome = PasswordOutcome
    ends_sessions = True
    needs_preparation = True

    def __init__(
        self, hasher: PasswordHasher, policy: PasswordPolicy, *, must_change: bool
    ) -> None:
        self._hasher = hasher
        self._length = policy.minimum_length
        self._must_change = must_change
        self._passwords: Mapping[int, str] | None = None
        self._hashes: Mapping[int, str] = {}

    def prepare(self, users: Sequence[UserRead]) -> None:
        """Generate a password for each user, and hash them on all cores."""
        passwords = {user.id: generate_password(self._length) for user in users}
        hashes = [*hash_all(passwords.values(), self._hasher)]
        self._passwords = passwords
        self._hashes = dict(zip(passwords, hashes, strict=True))

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Set the generated passwords.

        Raises:
            TransactionConflict: if there is a new user, without a password; it can be retried.
        """
        changes = []
        for user in users:
            stand_in = None if user.disabled_at is None else self._hasher.unmatchable_hash()
            hashes = hash_columns(self._hash_of(user), stand_in=stand_in)
            changes.append((user, {"must_change_password": self._must_change, **hashes}))
        uow.user_batches.update(changes, now)
        for user in users:
            uow.record(
                AuditTag.PASSWORD_SET,
                now,
                user=user,
                generated=True,
                must_change=self._must_change,
                removed=False,
            )
        return end_sessions_of(uow, users, now, users)

    def details(self, user: User) -> Mapping[str, Any]:
        """Return the password of a user."""
        return {"generated_password": (self._passwords or {}).get(user.id or 0)}

    def _hash_of(self, user: User) -> str:
        if self._passwords is None:
            # A dry run sets nothing, so it needs no password.
            return self._hasher.unmatchable_hash()
        hashed = self._hashes.get(user.id or 0)
        if hashed is None:
            raise TransactionConflict(f"User {user.id} was created in the meantime.")
        return hashed
