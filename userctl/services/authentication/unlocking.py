"""Resetting the failed logins of users."""

from collections.abc import Callable, Sequence
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects
from userctl.services.users.batch.change import UserChange
from userctl.services.users.records import lenient_user_read


class UnlockUsers(UserChange):
    """Resets the failed logins of users, but keeps their trusted sources.

    Args:
        digest: returns the digest under which an address is stored.
    """

    def __init__(self, digest: Callable[[str], str]) -> None:
        self._digest = digest

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Reset the failed logins."""
        digests = [self._digest(lenient_user_read(user).email) for user in users]
        charged = uow.login_throttles.charged_addresses(digests)
        uow.login_throttles.reset(digests, now)
        for user in users:
            uow.record(AuditTag.ACCOUNT_UNLOCK, now, user=user)
        return {
            user.id: Effects(changed=self._digest(lenient_user_read(user).email) in charged)
            for user in users
            if user.id is not None
        }
