"""The interface of changes that can be made to many users."""

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
        outcome: the schema of the outcome for each user.
        ends_admins: whether users stop being active admins.
        ends_sessions: whether the sessions of users end, but the users remain.
        includes_deleted: whether users who were deleted before are changed too.
        needs_preparation: whether :meth:`prepare` must be called before the transaction.
    """

    outcome: type[UserOutcome] = UserOutcome
    ends_admins = False
    ends_sessions = False
    includes_deleted = False
    needs_preparation = False

    def prepare(self, users: Sequence[UserRead]) -> None:
        """Do slow work before the transaction; called if ``needs_preparation``."""

    def require_possible(self, user: User) -> None:
        """Make sure that the change can be made to a user.

        Raises:
            UserctlError: if it cannot.
        """

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Change users, who are locked, and record the events.

        Returns:
            The effects on each user, by id.
        """
        raise NotImplementedError

    def apply_to_deleted(
        self, uow: UnitOfWork, users: Sequence[DeletedUser], now: datetime
    ) -> None:
        """Change locked users who were deleted before; called if ``includes_deleted``."""

    def details(self, _user: User) -> Mapping[str, Any]:
        """Return further fields of the outcome of a user who was changed."""
        return {}
