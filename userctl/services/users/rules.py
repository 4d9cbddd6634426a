"""What every change of an account has to heed."""

from collections.abc import Collection, Set
from datetime import datetime

from userctl.core.errors import InvalidInput, LastAdmin
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User


def require_role(role: str, roles: Collection[str]) -> None:
    """Make sure that a role is configured.

    Raises:
        InvalidInput: naming those that are.
    """
    if role not in roles:
        raise InvalidInput(
            f"There is no role '{role[:60]}'.",
            hint=f"The configured roles are {', '.join(roles)}.",
        )


def require_admin_left(admins: Set[int], leaving: Set[int | None]) -> None:
    """Make sure that somebody can still administrate.

    Args:
        admins: the ids of all active admins, who are locked.
        leaving: the ids of accounts that stop being active admins, if they are.

    Raises:
        LastAdmin: if no active admin would be left.
    """
    if admins and admins <= leaving:
        raise LastAdmin("This would leave no active admin.")


def end_sessions(uow: UnitOfWork, user: User, now: datetime) -> None:
    """Revoke all refresh tokens of an account."""
    assert user.id is not None
    uow.refresh_tokens.revoke_user(user.id, now)
