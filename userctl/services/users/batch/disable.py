"""Disabling and enabling users."""

from collections.abc import Sequence
from datetime import datetime

from userctl.core.stand_in_hash import is_stand_in
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.models.own_hash import hash_columns, own_hash, waits_as_foreign
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects
from userctl.security.passwords import PasswordHasher
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.effects import effects_on, end_sessions_of
from userctl.services.users.rules import disabled_since


class DisableUsers(UserChange):
    """Disables users, also for programs that read only the hash, and ends their sessions."""

    ends_admins = True
    ends_sessions = True

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Disable users, and put their hashes aside."""
        # Another program may have set a password while a user was disabled.
        changing = [
            user
            for user in users
            if user.disabled_at is None or not is_stand_in(user.hashed_password)
        ]
        changes = []
        for user in changing:
            hashes = _hash_columns(user, stand_in=self._hasher.unmatchable_hash())
            changes.append((user, {"disabled_at": disabled_since(user, now), **hashes}))
        uow.user_batches.update(changes, now)
        for user in changing:
            uow.record(AuditTag.ACCOUNT_DISABLE, now, user=user)
        return end_sessions_of(uow, users, now, changing)


class EnableUsers(UserChange):
    """Enables users, with the passwords they had or were given while disabled."""

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Enable users, and put their hashes back."""
        # Another program may have reset disabled_at and left the hash in disabled_hash.
        changing = [
            user for user in users if user.disabled_at is not None or user.disabled_hash is not None
        ]
        changes = [
            (user, {"disabled_at": None, **_hash_columns(user, stand_in=None)}) for user in changing
        ]
        uow.user_batches.update(changes, now)
        for user in changing:
            uow.record(AuditTag.ACCOUNT_ENABLE, now, user=user)
        return effects_on(users, changing)


def _hash_columns(user: User, *, stand_in: str | None) -> dict[str, str | None]:
    columns = hash_columns(own_hash(user), stand_in=stand_in)
    # A hash from another system stays where it is, whether the user is disabled or not.
    return {name: getattr(user, name) for name in columns} if waits_as_foreign(user) else columns
