"""Changing the role of users."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.effects import effects_on, end_sessions_of
from userctl.services.users.changes import recorded_changes


class ChangeRole(UserChange):
    """Gives users a role, and ends the sessions of those who had another.

    Args:
        role: a configured role.
    """

    ends_sessions = True

    def __init__(self, role: str) -> None:
        self._role = role
        self.ends_admins = role != "admin"

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Give users the role."""
        changing = [user for user in users if user.role != self._role]
        old_values = {user.id: {"role": user.role} for user in changing}
        for user in changing:
            changes = recorded_changes(user, {"role": self._role})
            uow.record(AuditTag.ACCOUNT_UPDATE, now, user=user, changes=changes)
        uow.user_batches.update([(user, {"role": self._role}) for user in changing], now)
        effects = end_sessions_of(uow, changing, now, changing)
        changed = {
            number: replace(each, old_values=old_values[number]) for number, each in effects.items()
        }
        return effects_on(users, ()) | changed
