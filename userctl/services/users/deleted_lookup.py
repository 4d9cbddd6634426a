"""Finding the users to delete or restore, and locking their rows."""

from collections.abc import Sequence

from userctl.core.errors import InvalidInput, UserNotFound
from userctl.core.text import quote
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.services.users.lookup import find_deleted, find_user


def lock_for_deletion(
    uow: UnitOfWork, references: Sequence[str], *, missing_ok: bool, hard: bool
) -> tuple[list[User], list[DeletedUser]]:
    """Return users and, for a hard deletion, users who were deleted before; all are locked.

    Raises:
        UserNotFound: if one does not exist, unless ``missing_ok``.
    """
    present, archived = find_for_deletion(uow, references, missing_ok=missing_ok, hard=hard)
    # Locks are always taken in the order of the ids, or two deletions could deadlock.
    users = [_lock(uow, user_id, missing_ok=missing_ok) for user_id in sorted(present)]
    deleted = [uow.deleted_users.lock(user_id) for user_id in sorted(archived)]
    return [user for user in users if user], [user for user in deleted if user]


def find_for_deletion(
    uow: UnitOfWork, references: Sequence[str], *, missing_ok: bool, hard: bool
) -> tuple[dict[int, User], dict[int, DeletedUser]]:
    """Return users and, for a hard deletion, users who were deleted before, by their ids.

    Raises:
        UserNotFound: if one does not exist, unless ``missing_ok``.
    """
    present: dict[int, User] = {}
    archived: dict[int, DeletedUser] = {}
    for reference in references:
        missing = None
        try:
            user = find_user(uow, reference)
            present[_id_of(user)] = user
        except UserNotFound as error:
            missing = error
        # Several users may have had an address, but an id in use belongs to one user only.
        deleted = find_deleted(uow, reference) if hard and (missing or "@" in reference) else []
        archived.update({_id_of(user): user for user in deleted})
        if missing and not deleted and not missing_ok:
            raise missing
    return present, archived


def lock_deleted(uow: UnitOfWork, reference: str) -> DeletedUser:
    """Return a deleted user, locked.

    Raises:
        UserNotFound: if no such user was deleted, or they were purged.
        InvalidInput: if several deleted users had the address.
    """
    users = find_deleted(uow, reference)
    if len(users) > 1:
        ids = ", ".join(str(user.id) for user in users[:20])
        raise InvalidInput(
            f"{len(users)} deleted users had the address {users[0].email}.",
            hint=f"Use an id instead: {ids}.",
        )
    user = uow.deleted_users.lock(users[0].id) if users else None
    if user is None:
        raise UserNotFound(
            f"There is no deleted user {quote(reference)}.",
            hint="List them with 'userctl user list --deleted'.",
        )
    return user


def _id_of(user: User | DeletedUser) -> int:
    assert user.id is not None
    return user.id


def _lock(uow: UnitOfWork, user_id: int, *, missing_ok: bool) -> User | None:
    user = uow.users.lock(user_id)
    if user is None and not missing_ok:
        raise UserNotFound(f"Another process deleted user {user_id} just now.")
    return user
