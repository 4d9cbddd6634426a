"""The use case that changes one user to what an edited declaration says."""

from collections.abc import Sequence
from typing import Any

from userctl.core.errors import DeclarationInvalid, InvalidInput, UserChanged
from userctl.core.places import Problem
from userctl.schemas.apply import ApplyOptions, Plan
from userctl.schemas.declaration import Declaration, DeclaredUser
from userctl.schemas.email_address import is_canonical
from userctl.schemas.users import UserRead
from userctl.services.apply.service import ApplyService
from userctl.services.users.manage import UserService

EDITED = ("email", "name", "role", "status")


class UserEditService:
    """The use case that changes one user to what an edited declaration says.

    Args:
        users: reads the user.
        apply: plans and applies the declaration.
    """

    def __init__(self, users: UserService, apply: ApplyService) -> None:
        self._users = users
        self._apply = apply

    def read(self, reference: str) -> UserRead:
        """Return the user that is edited.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if no declaration could name the user.
        """
        user = self._users.show(reference)
        if not is_canonical(user.email):
            raise InvalidInput(
                f"User {user.id} cannot be edited: the address is not in its canonical form.",
                hint=f"Correct it with 'userctl user update {user.id} --email EMAIL'.",
            )
        return user

    def fields(self, user: UserRead) -> dict[str, Any]:
        """Return the fields of a user as they are declared."""
        return {field: getattr(user, field) for field in EDITED}

    def plan(
        self, user: UserRead, edited: Declaration
    ) -> tuple[Sequence[DeclaredUser], ApplyOptions, Plan]:
        """Return what has to be applied so that a user is as edited, how, and what that changes.

        Args:
            user: the user as :meth:`read` returned it.
            edited: the declaration of that user.

        Raises:
            InvalidInput: if it declares something else, or what cannot be.
            UserChanged: if the user was changed since it was read.
            UserNotFound: if the user was deleted since.
            Conflict: if the change is refused.
        """
        declared = _declared(user, edited)
        options = ApplyOptions()
        plan, refusal = self._apply.plan([declared], options)
        # The plan is bound to the row that it saw; this binds that row to the one that was edited.
        if self._users.show(str(user.id)) != user:
            raise UserChanged(user.id)
        if refusal is not None:
            raise refusal
        changed = [change.id for change in plan.changes]
        if changed != [user.id] and (changed or declared.email != user.email):
            message = f"{declared.email} is the address of another user."
            raise DeclarationInvalid([Problem(declared.place, message)])
        return [declared], options, plan


def _declared(user: UserRead, edited: Declaration) -> DeclaredUser:
    """Return a user as edited, known by the former address if there is a new one."""
    if edited.set is not None:
        raise InvalidInput("An edit leaves a user in their set.", hint="Remove the key 'set'.")
    if len(edited.users) != 1:
        raise InvalidInput(
            f"The text declares {len(edited.users)} users instead of the one that is edited.",
            hint="To delete the user, declare 'state: absent'.",
        )
    [declared] = edited.users
    implied: dict[str, Any] = {}
    if declared.email != user.email:
        implied["previous_emails"] = [user.email]
    if declared.password_source and not declared.declares("password_version"):
        implied["password_version"] = (user.password_version or 0) + 1
    return declared.model_copy(update=implied)
