"""Restoring a deleted user."""

from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.models.unreadable_values import UnreadableValue
from userctl.schemas.audit import AuditTag


def restore_user(
    uow: UnitOfWork, user: DeletedUser, now: datetime, *, email: str | None, role: str
) -> User:
    """Restore a locked deleted user, and record the event.

    Args:
        uow: the unit of work.
        user: the deleted user.
        now: the time.
        email: the new address; None keeps the one that the user had.
        role: the new role.

    Raises:
        UserExists: if the address is in use.
    """
    user_id = uow.deleted_users.restore(
        user, now, email=email, role=None if role == user.role else role
    )
    restored = uow.users.get(user_id)
    assert restored is not None
    uow.record(
        AuditTag.ACCOUNT_RESTORE,
        now,
        user=restored,
        role=restored.role,
        deleted_at=_format_time(user.deleted_at),
        was=[user.id, user.email],
    )
    return restored


def _format_time(time: datetime | UnreadableValue) -> str:
    return time.isoformat() if isinstance(time, datetime) else repr(time)
