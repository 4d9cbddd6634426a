"""Deleting users."""

from collections.abc import Sequence, Set
from datetime import datetime

from userctl.core.errors import UserExists
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.audit import AuditTag
from userctl.services.users.batch.change import UserChange


class DeleteUsers(UserChange):
    """Deletes users, and ends their sessions and tokens.

    Args:
        hard: delete them permanently, including those that were deleted before.
    """

    ends_admins = True

    def __init__(self, *, hard: bool) -> None:
        self._hard = hard
        self.includes_deleted = hard

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> Set[int | None]:
        """Delete users, and keep them in the recycle bin if they can be restored.

        Raises:
            UserExists: if a user that was deleted before had the same id.
        """
        ids = [user.id for user in users if user.id is not None]
        for user in users:
            uow.record(AuditTag.ACCOUNT_DELETE, now, user=user, role=user.role, hard=self._hard)
        if not self._hard:
            # An application's table on SQLite may give the id of the last user to the next one.
            for archived in uow.deleted_users.found(ids, []):
                raise UserExists(
                    f"The recycle bin already holds a user with the id {archived.id}.",
                    hint="Purge it first with 'userctl user purge', "
                    "or delete this user with --hard.",
                )
            uow.deleted_users.archive(ids, now)
        uow.user_batches.delete(ids)
        return set(ids)

    def apply_to_deleted(
        self, uow: UnitOfWork, users: Sequence[DeletedUser], now: datetime
    ) -> None:
        """Delete users permanently who were deleted before."""
        if not users:
            return
        for user in users:
            uow.record(AuditTag.ACCOUNT_PURGE, now, user=user, role=user.role)
        uow.deleted_users.delete([user.id for user in users])
