"""The use case that changes one user to match an edited declaration."""

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

EDITABLE_FIELDS = ("email", "name", "role", "status")


class UserEditService:
    """The use case that changes one user to match an edited declaration.

    Args:
        users: reads the user.
        apply: plans and applies the declaration.
    """

    def __init__(self, users: UserService, apply: ApplyService) -> None:
        self._users = users
        self._apply = apply

    def read(self, reference: str) -> UserRead:
        """Return the user to edit.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if the user cannot be declared.
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
        return {field: getattr(user, field) for field in EDITABLE_FIELDS}

    def plan(
        self, user: UserRead, edited: Declaration
    ) -> tuple[Sequence[DeclaredUser], ApplyOptions, Plan]:
        """Return the declared users, the options and the plan that apply an edit of a user.

        Args:
            user: the user as :meth:`read` returned it.
            edited: the declaration of that user.

        Raises:
            InvalidInput: if it does not declare just that user, or the user cannot be changed so.
            UserChanged: if the user was changed since it was read.
            UserNotFound: if the user was deleted since.
            Conflict: if the change is refused.
        """
        declared = _edited_user(user, edited)
        options = ApplyOptions()
        plan, refusal = self._apply.plan([declared], options)
        # The plan is bound to the row that it read; this makes sure that it is the row edited.
        if self._users.show(str(user.id)) != user:
            raise UserChanged(user.id)
        if refusal is not None:
            raise refusal
        changed_ids = [change.id for change in plan.changes]
        if changed_ids != [user.id] and (changed_ids or declared.email != user.email):
            message = f"{declared.email} is the address of another user."
            raise DeclarationInvalid([Problem(declared.place, message)])
        return [declared], options, plan


def _edited_user(user: UserRead, edited: Declaration) -> DeclaredUser:
    """Return the edited user, with the former address if the edit changes it."""
    if edited.set is not None:
        raise InvalidInput("An edit cannot change the set of a user.", hint="Remove the key 'set'.")
    if len(edited.users) != 1:
        raise InvalidInput(
            f"The text declares {len(edited.users)} users instead of the edited one.",
            hint="To delete the user, declare 'state: absent'.",
        )
    [declared] = edited.users
    defaults: dict[str, Any] = {}
    if declared.email != user.email:
        defaults["previous_emails"] = [user.email]
    if declared.password_source and not declared.declares("password_version"):
        defaults["password_version"] = (user.password_version or 0) + 1
    return declared.model_copy(update=defaults)
