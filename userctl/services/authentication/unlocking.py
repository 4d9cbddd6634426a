"""Forgetting the failed logins of users."""

from collections.abc import Callable, Sequence
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects
from userctl.services.authentication.failures import record_refusals
from userctl.services.users.batch.change import UserChange
from userctl.services.users.records import changed_user


class UnlockUsers(UserChange):
    """Forgets the failed logins of users, but not which sources are trusted.

    Args:
        attempts: how many logins a window admits.
        digest: returns what an address is stored as.
        refused: returns how many logins a window refused, by its charges.
    """

    def __init__(
        self, attempts: int, digest: Callable[[str], str], refused: Callable[[int], int]
    ) -> None:
        self._attempts = attempts
        self._digest = digest
        self._refused = refused

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Forget the failed logins."""
        emails = {self._digest(email): email for email in (changed_user(u).email for u in users)}
        digests = [*emails]
        charged = uow.login_throttles.charged(digests)
        for full in uow.login_throttles.overfull(digests, self._attempts):
            refused, email = self._refused(full.charges), emails[full.address]
            record_refusals(uow, now, refused, full.source, full.window_ends_at, email=email)
        uow.login_throttles.reset(digests, now)
        for user in users:
            uow.record(AuditTag.ACCOUNT_UNLOCK, now, user=user)
        return {
            user.id: Effects(changed=self._digest(changed_user(user).email) in charged)
            for user in users
            if user.id is not None
        }
