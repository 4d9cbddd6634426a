"""Deleting users."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from userctl.core.errors import UserExists
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects
from userctl.services.shared.access_tokens import access_tokens_end
from userctl.services.users.batch.change import UserChange


class DeleteUsers(UserChange):
    """Deletes users, and ends their sessions and tokens.

    Args:
        hard: delete them permanently, including those that were deleted before.
        access_lifetime: how long an access token lasts.
    """

    ends_admins = True

    def __init__(self, *, hard: bool, access_lifetime: timedelta) -> None:
        self._hard = hard
        self._lifetime = access_lifetime
        self.includes_deleted = hard

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Delete users, and keep them in the recycle bin if they can be restored.

        Raises:
            UserExists: if a user that was deleted before had the same id.
        """
        ids = [user.id for user in users if user.id is not None]
        sessions = uow.refresh_tokens.count_active(now, ids)
        api_tokens = uow.api_tokens.count_active(now, ids)
        until = access_tokens_end(uow, now, self._lifetime, user_ids=ids) if ids else None
        for user in users:
            uow.record(AuditTag.ACCOUNT_DELETE, now, user=user, role=user.role, hard=self._hard)
        if not self._hard:
            # On SQLite, an application's table may reuse the id of a deleted user.
            for archived in uow.deleted_users.by_ids_and_emails(ids, []):
                raise UserExists(
                    f"The recycle bin already holds a user with the id {archived.id}.",
                    hint="Purge it first with 'userctl user purge', "
                    "or delete this user with --hard.",
                )
            uow.deleted_users.archive(ids, now)
        uow.user_batches.delete(ids)
        return {
            number: Effects(
                sessions=sessions.get(number, 0),
                api_tokens=api_tokens.get(number, 0),
                access_tokens_until=until,
            )
            for number in ids
        }

    def apply_to_deleted(
        self, uow: UnitOfWork, users: Sequence[DeletedUser], now: datetime
    ) -> None:
        """Permanently delete users who were deleted before."""
        if not users:
            return
        for user in users:
            uow.record(AuditTag.ACCOUNT_PURGE, now, user=user, role=user.role)
        uow.deleted_users.delete([user.id for user in users])
