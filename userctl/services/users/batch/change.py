"""What a change of many users has to be able to do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.batches import UserOutcome
from userctl.schemas.users import Effects, UserRead


class UserChange:
    """A change that can be made to many users in one transaction.

    Attributes:
        outcome: the schema of what becomes of each user.
        ends_admins: whether users stop being active admins.
        ends_sessions: whether the sessions of users end, and the users stay.
        includes_deleted: whether users who were deleted before are changed too.
        is_prepared: whether something has to be done before the transaction.
    """

    outcome: type[UserOutcome] = UserOutcome
    ends_admins = False
    ends_sessions = False
    includes_deleted = False
    is_prepared = False

    def prepare(self, users: Sequence[UserRead]) -> None:
        """Do what takes long, before the transaction; called if ``is_prepared``."""

    def require(self, user: User) -> None:
        """Make sure that the change can be made to a user.

        Raises:
            UserctlError: if it cannot.
        """

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Change users, who are locked, and record the events.

        Returns:
            What the change did to each, by their ids.
        """
        raise NotImplementedError

    def apply_to_deleted(
        self, uow: UnitOfWork, users: Sequence[DeletedUser], now: datetime
    ) -> None:
        """Change users who were deleted before, who are locked; if ``includes_deleted``."""

    def details(self, _user: User) -> Mapping[str, Any]:
        """Return further fields of the outcome of a user who was changed."""
        return {}
