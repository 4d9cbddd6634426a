"""Restoring a deleted user."""

from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.models.unreadable_values import UnreadableValue
from userctl.schemas.audit import AuditTag


def restore_user(
    uow: UnitOfWork, user: DeletedUser, now: datetime, *, email: str | None, role: str
) -> User:
    """Restore a deleted user, who is locked, and record that.

    Args:
        uow: the unit of work.
        user: the deleted user.
        now: the time.
        email: the address from now on; None for the one that the user had.
        role: the role from now on.

    Raises:
        UserExists: if the address is in use.
    """
    given = uow.deleted_users.restore(
        user, now, email=email, role=None if role == user.role else role
    )
    restored = uow.users.get(given)
    assert restored is not None
    uow.record(
        AuditTag.ACCOUNT_RESTORE,
        now,
        user=restored,
        role=restored.role,
        deleted_at=_when(user.deleted_at),
        was=[user.id, user.email],
    )
    return restored


def _when(time: datetime | UnreadableValue) -> str:
    return time.isoformat() if isinstance(time, datetime) else repr(time)
