"""The admins, and guards against losing the last one who can log in."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from userctl.core.errors import LastAdmin
from userctl.core.stand_in_hash import is_unmatchable
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.security.passwords import is_verifiable_hash


@dataclass(frozen=True)
class Admins:
    """The ids of the active admins, and of those among them who have a way to log in.

    Attributes:
        active: all active admins.
        with_password: those with a password. It may have to be changed at the next login, but a
            hash that no password matches, or that userctl cannot verify, does not count.
        with_token: those with an active API token.
    """

    active: Set[int]
    with_password: Set[int]
    with_token: Set[int]

    @property
    def with_login(self) -> Set[int]:
        """The admins who can log in."""
        return self.with_password | self.with_token


def read_admins(uow: UnitOfWork, now: datetime) -> Admins:
    """Return the admins as they are now."""
    hashes = dict(uow.users.active_admin_hashes())
    passwords = (i for i, h in hashes.items() if is_verifiable_hash(h) and not is_unmatchable(h))
    return Admins(set(hashes), set(passwords), uow.api_tokens.active_admin_owners(now))


def lock_admins(uow: UnitOfWork, now: datetime) -> Admins:
    """Return the admins, locked until the transaction ends so that two changes cannot race."""
    uow.users.lock_active_admins()
    return read_admins(uow, now)


def require_admin_left(admins: Admins, leaving: Set[int | None]) -> None:
    """Make sure that an active admin is left, and one who can log in if there is one now.

    Args:
        admins: the admins, locked.
        leaving: the ids of users who will not be active admins afterwards.

    Raises:
        LastAdmin: if none would be left.
    """
    if admins.active and admins.active <= leaving:
        raise LastAdmin("This would leave no active admin.")
    _require_login_left(admins, admins.with_login - leaving)


def require_password_left(admins: Admins, user_id: int | None) -> None:
    """Make sure that an admin who can log in is left when a user's password is removed.

    Raises:
        LastAdmin: if none would be left.
    """
    _require_login_left(admins, (admins.with_password - {user_id}) | admins.with_token)


def _require_login_left(admins: Admins, left: Set[int]) -> None:
    if admins.with_login and not left:
        raise LastAdmin(
            "This would leave no admin who can log in.",
            hint="Give another admin a password first: userctl user passwd USER",
        )
