"""Disabling and enabling users."""

from userctl.core.clock import Clock
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.users import UserRead
from userctl.security.passwords import PasswordHasher
from userctl.services.users.admins import lock_admins, require_admin_left
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.disable import DisableUsers, EnableUsers
from userctl.services.users.lookup import lock_user, require_unchanged
from userctl.services.users.records import lenient_user_read


class UserStatusService:
    """The use cases that disable and enable a user; each is one transaction."""

    def __init__(self, database: Database, *, hasher: PasswordHasher, clock: Clock) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    def disable_change(self) -> UserChange:
        """Return a change that disables many users."""
        return DisableUsers(self._hasher)

    def enable_change(self) -> UserChange:
        """Return a change that enables many users."""
        return EnableUsers()

    @retry_transactions
    def disable(self, reference: str, *, expected: UserRead | None = None) -> UserRead:
        """Disable a user, also for programs that read only the hash, and end the sessions.

        Args:
            reference: the id or the e-mail address of the user.
            expected: the user as the caller read it; None skips this check.

        Raises:
            UserChanged: if the user is not as expected.
            UserNotFound: if there is no such user.
            LastAdmin: if no active admin would be left.
        """
        now = self._clock()
        with self._database.writing() as uow:
            admins = lock_admins(uow, now)
            user = lock_user(uow, reference)
            require_unchanged([user], expected)
            require_admin_left(admins, {user.id})
            effects = self.disable_change().apply(uow, [user], now)
            uow.commit()
            return lenient_user_read(user).with_effects(effects[user.id or 0])

    @retry_transactions
    def enable(self, reference: str, *, expected: UserRead | None = None) -> UserRead:
        """Enable a user, with the password they had or were given while disabled.

        Args:
            reference: the id or the e-mail address of the user.
            expected: the user as the caller read it; None skips this check.

        Raises:
            UserChanged: if the user is not as expected.
            UserNotFound: if there is no such user.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            require_unchanged([user], expected)
            effects = self.enable_change().apply(uow, [user], now)
            uow.commit()
            return lenient_user_read(user).with_effects(effects[user.id or 0])
