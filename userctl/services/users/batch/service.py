"""The use case that makes one change to many users at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from userctl.core.clock import Clock
from userctl.core.errors import GuardRefused
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.repositories.full_windows import FullWindows
from userctl.schemas.batches import BatchOptions, UserChoice, UserOutcome
from userctl.schemas.users import UserTarget
from userctl.services.shared.throttle_windows import full_windows
from userctl.services.users.admins import lock_admins
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.run import BatchRun
from userctl.services.users.batch.selection import (
    Entry,
    lock_entries,
    require_all_found,
    select_users,
)
from userctl.services.users.records import lenient_user_read
from userctl.services.users.targets import user_targets


class UserBatchService:
    """The use cases that change many users in one transaction, with few statements.

    Args:
        database: where the users are.
        roles: the configured roles.
        login_attempts: how many logins a window admits.
        login_window: how long a window is.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        roles: Sequence[str],
        login_attempts: int,
        login_window: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._roles = roles
        self._attempts = login_attempts
        self._window = login_window
        self._clock = clock

    @retry_transactions
    def apply(
        self, choice: UserChoice, change: UserChange, options: BatchOptions
    ) -> list[UserOutcome]:
        """Change users, all of them or none, and return the outcome for each.

        Args:
            choice: which users.
            change: the change.
            options: how; with ``keep_going``, those who can be changed are changed.

        Returns:
            One outcome for each user, in the order of the choice.

        Raises:
            UserNotFound: naming all users who do not exist.
            GuardRefused: if there are more users than ``at_most``.
            LastAdmin: if no active admin would be left.
            UserctlError: if one of the users cannot be changed.
        """
        now = self._clock()
        full = full_windows(now, self._attempts, self._window)
        if change.needs_preparation and not options.dry_run:
            with self._database.reading() as uow:
                found = self._select(uow, choice, change, options, full)
                change.prepare([lenient_user_read(entry.user) for entry in found if entry.user])
        with self._database.writing() as uow:
            admins = lock_admins(uow, now) if change.ends_admins else None
            entries = self._select(uow, choice, change, options, full)
            entries = lock_entries(uow, entries, choice.query, full)
            outcomes = BatchRun(uow, change, options, admins, now).apply(entries)
            # The changes of a dry run are rolled back.
            if not options.dry_run:
                uow.commit()
        return outcomes

    def preview(
        self, choice: UserChoice, change: UserChange, options: BatchOptions, limit: int
    ) -> list[UserTarget]:
        """Return the first users of a choice with their sessions and tokens, for confirmation.

        Raises:
            UserNotFound: as :meth:`apply` does.
        """
        now = self._clock()
        full = full_windows(now, self._attempts, self._window)
        with self._database.reading() as uow:
            entries = self._select(uow, choice, change, replace(options, at_most=None), full)
            users = [entry.user for entry in entries if entry.user is not None]
            return user_targets(uow, users[:limit], now)

    def _select(
        self,
        uow: UnitOfWork,
        choice: UserChoice,
        change: UserChange,
        options: BatchOptions,
        full: FullWindows,
    ) -> list[Entry]:
        entries = select_users(
            uow,
            choice,
            includes_deleted=change.includes_deleted,
            roles=self._roles,
            full=full,
        )
        if not options.keep_going:
            require_all_found(entries, missing_ok=options.missing_ok)
        count = sum(entry.user is not None for entry in entries)
        if options.at_most is not None and count > options.at_most:
            raise GuardRefused(count, "user")
        return entries
