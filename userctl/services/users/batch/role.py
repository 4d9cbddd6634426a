"""Changing the role of users."""

from collections.abc import Sequence, Set
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.services.users.batch.change import UserChange
from userctl.services.users.changes import recorded_changes
from userctl.services.users.rules import end_all_sessions


class ChangeRole(UserChange):
    """Gives users a role, and ends the sessions of those who had another.

    Args:
        role: the role, which is configured.
    """

    ends_sessions = True

    def __init__(self, role: str) -> None:
        self._role = role
        self.ends_admins = role != "admin"

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> Set[int | None]:
        """Give users the role."""
        changing = [user for user in users if user.role != self._role]
        for user in changing:
            changes = recorded_changes(user, {"role": self._role})
            uow.record(AuditTag.ACCOUNT_UPDATE, now, user=user, changes=changes)
        uow.user_batches.update([(user, {"role": self._role}) for user in changing], now)
        end_all_sessions(uow, changing, now)
        return {user.id for user in changing}
