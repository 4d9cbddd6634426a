"""Disabling and enabling users."""

from userctl.core.clock import Clock
from userctl.core.stand_in_hash import is_stand_in
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.models.own_hash import hash_columns, own_hash
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import UserRead
from userctl.security.passwords import PasswordHasher
from userctl.services.users.admins import lock_admins, require_admin_left
from userctl.services.users.lookup import lock_user
from userctl.services.users.records import changed_user
from userctl.services.users.rules import end_sessions


class UserStatusService:
    """The use cases that disable and enable a user; each is one transaction."""

    def __init__(self, database: Database, *, hasher: PasswordHasher, clock: Clock) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    @retry_transactions
    def disable(self, reference: str) -> UserRead:
        """Disable a user, also for programs that read only the hash, and end the sessions.

        Raises:
            UserNotFound: if there is no such user.
            LastAdmin: if no active admin would be left.
        """
        now = self._clock()
        with self._database.writing() as uow:
            admins = lock_admins(uow, now)
            user = lock_user(uow, reference)
            require_admin_left(admins, {user.id})
            # Another program may have set a password while the user was disabled.
            if user.disabled_at is None or not is_stand_in(user.hashed_password):
                uow.users.update(
                    user,
                    now,
                    disabled_at=user.disabled_at or now,
                    **hash_columns(own_hash(user), stand_in=self._hasher.unmatchable()),
                )
                uow.record(AuditTag.ACCOUNT_DISABLE, now, user=user)
            end_sessions(uow, user, now)
            uow.commit()
            return changed_user(user)

    @retry_transactions
    def enable(self, reference: str) -> UserRead:
        """Enable a user, with the password that they had or were given while they were disabled.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            # Another program may have reset disabled_at, and left the hash where it waits.
            if user.disabled_at is not None or user.disabled_hash is not None:
                values = hash_columns(own_hash(user), stand_in=None)
                uow.users.update(user, now, disabled_at=None, **values)
                uow.record(AuditTag.ACCOUNT_ENABLE, now, user=user)
            uow.commit()
            return changed_user(user)
