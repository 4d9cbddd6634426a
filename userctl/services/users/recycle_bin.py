"""Deleting users, restoring them, and purging them from the recycle bin."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from userctl.core.clock import Clock
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.repositories.stored_values import OnUnreadable
from userctl.schemas.email_address import canonical_email
from userctl.schemas.page import Page
from userctl.schemas.users import (
    DeletedUserPreview,
    DeletedUserPurge,
    DeletedUserRead,
    UserQuery,
    UserRead,
    UserTarget,
)
from userctl.services.shared.clock_check import require_plausible_clock
from userctl.services.shared.paging import all_pages
from userctl.services.shared.records import read_rows
from userctl.services.users.admins import lock_admins, read_admins, require_admin_left
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.delete import DeleteUsers
from userctl.services.users.deleted_lookup import find_for_deletion, lock_deleted, lock_for_deletion
from userctl.services.users.listing import with_times
from userctl.services.users.lookup import require_unchanged
from userctl.services.users.records import deleted_user_read, lenient_user_read
from userctl.services.users.restoring import restore_user
from userctl.services.users.rules import role_to_restore
from userctl.services.users.targets import user_targets

BATCH = 1000
"""How many deleted users are purged in one transaction."""

PREVIEW_LIMIT = 20
"""How many of the users that a purge would remove are named in its confirmation."""


class RecycleBinService:
    """The use cases that delete users, and those for deleted users.

    Args:
        database: where users are kept.
        roles: the configured roles.
        access_lifetime: how long an access token lasts.
        longest_session: how long a session may last.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        roles: Sequence[str],
        access_lifetime: timedelta,
        longest_session: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._roles = roles
        self._access_lifetime = access_lifetime
        self._longest_session = longest_session
        self._clock = clock

    def delete_change(self, *, hard: bool) -> UserChange:
        """Return a change that deletes many users.

        Args:
            hard: whether to delete them permanently, including those who were deleted before.
        """
        return DeleteUsers(hard=hard, access_lifetime=self._access_lifetime)

    @retry_transactions
    def delete(
        self,
        references: Sequence[str],
        *,
        missing_ok: bool = False,
        hard: bool = False,
        expected: UserRead | None = None,
    ) -> list[UserRead]:
        """Delete users, all of them or none, and return them as they were.

        Their sessions and tokens end and their addresses become free. Until they are purged they
        can be restored.

        Args:
            references: their ids or e-mail addresses.
            missing_ok: whether a user may be missing.
            hard: whether to delete them permanently, including those who were deleted before.
            expected: the one user as the caller read it; None skips this check.

        Raises:
            UserNotFound: if one does not exist, unless ``missing_ok``.
            UserChanged: if the user is not as expected.
            LastAdmin: if no active admin would be left.
            UserExists: if a user who was deleted before had the same id.
        """
        now = self._clock()
        with self._database.writing() as uow:
            admins = lock_admins(uow, now)
            users, archived = lock_for_deletion(uow, references, missing_ok=missing_ok, hard=hard)
            require_unchanged(users, expected)
            require_admin_left(admins, {user.id for user in users})
            shown = [*map(lenient_user_read, users)]
            change = self.delete_change(hard=hard)
            effects = change.apply(uow, users, now)
            shown_archived = [*map(lenient_user_read, archived)]
            change.apply_to_deleted(uow, archived, now)
            uow.commit()
        return [*(user.with_effects(effects[user.id]) for user in shown), *shown_archived]

    def preview_deletion(
        self, references: Sequence[str], *, missing_ok: bool = False, hard: bool = False
    ) -> list[UserTarget]:
        """Return the users that :meth:`delete` would delete, with their sessions and tokens.

        Raises:
            UserNotFound: if one does not exist, unless ``missing_ok``.
            LastAdmin: if no active admin would be left.
        """
        now = self._clock()
        with self._database.reading() as uow:
            users, archived = find_for_deletion(uow, references, missing_ok=missing_ok, hard=hard)
            require_admin_left(read_admins(uow, now), {*users})
            return user_targets(uow, [*users.values(), *archived.values()], now)

    @retry_transactions
    def restore(
        self, reference: str, *, email: str | None = None, role: str | None = None
    ) -> UserRead:
        """Restore a deleted user, with their id and password but without their sessions.

        If an application's table gave their id to another user, they get a new one.

        Args:
            reference: the id, or the e-mail address that the user had.
            email: another address, if the user's own is in use by now.
            role: another role, if the user's own is not configured any longer.

        Raises:
            UserNotFound: if no such user was deleted, or they were purged.
            UserExists: if the address is in use.
            InvalidInput: if several deleted users had the address, or the role is not configured.
        """
        address = None if email is None else canonical_email(email)
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_deleted(uow, reference)
            restored_role = role_to_restore(user, role, self._roles)
            restored = restore_user(uow, user, now, email=address, role=restored_role)
            uow.commit()
            return lenient_user_read(restored)

    def page(
        self, query: UserQuery, on_unreadable: OnUnreadable | None = None
    ) -> Page[DeletedUserRead]:
        """Return one page of the deleted users, in the order of their ids.

        Args:
            query: which users.
            on_unreadable: called with the error of each unreadable row; None raises it instead.
        """
        limit = BATCH if query.limit is None else query.limit
        wanted = with_times(query, self._clock()).model_copy(update={"limit": limit + 1})
        with self._database.reading() as uow:
            found = uow.deleted_users.page(wanted)
            shown = found[:limit]
            users = read_rows(shown, deleted_user_read, on_unreadable)
        return Page(users, more=len(found) > limit, after=shown[-1].id if shown else None)

    def stream(
        self, query: UserQuery, on_unreadable: OnUnreadable | None = None
    ) -> Iterator[DeletedUserRead]:
        """Yield all deleted users that a query asks for, read page by page."""
        return all_pages(partial(self.page, on_unreadable=on_unreadable), query)

    def purge(
        self, older_than: timedelta, *, dry_run: bool = False, trust_clock: bool = False
    ) -> DeletedUserPurge:
        """Purge users who were deleted longer ago than a span of time, in batches.

        Args:
            older_than: the span of time.
            dry_run: whether to count them only.
            trust_clock: whether to skip the check of the clock.

        Raises:
            ClockSuspect: if a user would be purged and the clock cannot be right.
        """
        now = self._clock()
        before = now - older_than
        with self._database.reading() as uow:
            count = uow.deleted_users.count(before)
            if dry_run:
                return DeletedUserPurge(purged=count, dry_run=True)
        if count:
            require_plausible_clock(
                self._database,
                now,
                self._longest_session,
                lambda uow, gap: uow.deleted_users.any_deleted(
                    gap.start - older_than, min(gap.end, before)
                ),
                confirmed=trust_clock,
            )
        purged = 0
        while batch := self._purge_batch(before):
            purged += batch
        return DeletedUserPurge(purged=purged)

    def preview_purge(self, older_than: timedelta) -> DeletedUserPreview:
        """Return how many users :meth:`purge` would remove, and the most recently deleted ones."""
        now = self._clock()
        with self._database.reading() as uow:
            count = uow.deleted_users.count(now - older_than)
            latest = uow.deleted_users.latest_deleted_before(now - older_than, PREVIEW_LIMIT)
            return DeletedUserPreview(count=count, latest=user_targets(uow, latest, now))

    def count_recent(self, older_than: timedelta, retention: timedelta) -> int:
        """Return how many users :meth:`purge` would remove before their retention is over."""
        now = self._clock()
        with self._database.reading() as uow:
            count = uow.deleted_users.count
            return max(0, count(now - older_than) - count(now - retention))

    @retry_transactions
    def _purge_batch(self, before: datetime) -> int:
        with self._database.writing() as uow:
            users = uow.deleted_users.lock_deleted_before(before, BATCH)
            self.delete_change(hard=True).apply_to_deleted(uow, users, self._clock())
            uow.commit()
        return len(users)
