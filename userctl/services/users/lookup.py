"""Finds the user with an id or an e-mail address."""

from collections.abc import Sequence
from datetime import datetime

from userctl.core.errors import InvalidInput, UserChanged, UserNotFound
from userctl.core.text import escape_invisible, quote, rfc3339
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.email_address import canonical_email, lookup_address
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.users import UserRead
from userctl.services.users.records import lenient_user_read

IDS_LISTED = 20
"""How many ids a message lists at most."""


def id_or_address(reference: str) -> int | str:
    """Return the id or the canonical address that a reference stands for.

    Raises:
        InvalidInput: if the reference is neither.
    """
    if reference.isascii() and reference.isdigit():
        # Python refuses to convert very long digits, and no id has more than 19.
        return int(reference) if len(reference) <= 20 else LARGEST_ID + 1
    if "@" not in reference:
        raise InvalidInput(
            f"{quote(reference)} is neither an id nor an e-mail address.",
            hint="Find the user with 'userctl user list --search TEXT'.",
        )
    return canonical_email(reference)


def require_unchanged(users: Sequence[User], expected: UserRead | None) -> None:
    """Make sure that a locked user has not changed since the caller read it.

    Args:
        users: a list of the one user.
        expected: the user as the caller read it; None skips the check.

    Raises:
        UserChanged: if any shown field of the user is different by now.
    """
    if expected is not None and [*map(lenient_user_read, users)] != [expected]:
        raise UserChanged(expected.id)


def find_user(uow: UnitOfWork, reference: str) -> User:
    """Return the user with an id or an e-mail address.

    Invalid addresses, which adopted tables may have, are looked up unchanged.

    Raises:
        InvalidInput: if the reference is neither, or the address of several users who were left
            to the application.
        UserNotFound: if there is no such user; it says so if a deleted one can be restored.
    """
    try:
        which = id_or_address(reference)
    except InvalidInput:
        if odd := _by_address(uow, lookup_address(reference)):
            return odd
        if find_deleted(uow, reference):
            raise _not_found_error(uow, reference) from None
        raise
    user = uow.users.get(which) if isinstance(which, int) else _by_address(uow, which)
    if user is None:
        raise _not_found_error(uow, reference)
    return user


def lock_user(uow: UnitOfWork, reference: str) -> User:
    """Return the user as :func:`find_user` does, locked until the transaction ends."""
    user_id = find_user(uow, reference).id
    assert user_id is not None
    user = uow.users.lock(user_id)
    if user is None:
        raise _not_found_error(uow, reference)
    return user


def _by_address(uow: UnitOfWork, address: str) -> User | None:
    # Text that cannot be an address becomes an empty string, which matches no user.
    users = uow.users.all_by_email(address, IDS_LISTED) if address else []
    require_unambiguous(address, users)
    return users[0] if users else None


def require_unambiguous(address: str, users: Sequence[User]) -> None:
    """Make sure that an address refers to one user.

    Args:
        address: the address.
        users: the users who have it; one who is not disabled comes first.

    Raises:
        InvalidInput: if several users have it, all of whom were left to the application.
    """
    if len(users) > 1 and users[0].disabled_at is not None:
        ids = ", ".join(str(user.id) for user in users[:IDS_LISTED])
        raise InvalidInput(
            f"Several users have the address {quote(address)}.", hint=f"Use an id instead: {ids}."
        )


def find_deleted(uow: UnitOfWork, reference: str) -> Sequence[DeletedUser]:
    """Return the restorable deleted users who had an id or an e-mail address.

    Raises:
        InvalidInput: if the reference is neither.
    """
    try:
        which = id_or_address(reference)
    except InvalidInput:
        # Text that cannot be an address becomes an empty string, which matches no user.
        address = lookup_address(reference)
        if address and (odd := uow.deleted_users.with_email(address)):
            return odd
        raise
    if isinstance(which, int):
        return uow.deleted_users.with_id(which)
    return uow.deleted_users.with_email(which)


def last_deleted(users: Sequence[DeletedUser]) -> DeletedUser | None:
    """Return the most recently deleted user, as far as the times can be read."""
    return max(users, key=_deletion_order, default=None)


def _not_found_error(uow: UnitOfWork, reference: str) -> UserNotFound:
    return not_found_error(reference, find_deleted(uow, reference))


def not_found_error(reference: str, deleted: Sequence[DeletedUser]) -> UserNotFound:
    """Return the error for a user who does not exist, or who was deleted and can be restored.

    Args:
        reference: the id or the e-mail address.
        deleted: the deleted users who had it.
    """
    last = last_deleted(deleted)
    if last is None:
        return UserNotFound(f"There is no user {quote(reference)}.")
    when = f" at {rfc3339(last.deleted_at)}" if isinstance(last.deleted_at, datetime) else ""
    # Several deleted users may have had the address; then only an id is unambiguous.
    which = reference if len(deleted) == 1 else str(last.id)
    return UserNotFound(
        f"The user {quote(reference)} was deleted{when}.",
        hint=f"Restore them with 'userctl user restore {escape_invisible(which)}'.",
    )


def _deletion_order(user: DeletedUser) -> tuple[bool, object, int]:
    """Return the sort key of a deleted user: the time of deletion, if it can be read."""
    is_known = isinstance(user.deleted_at, datetime)
    return is_known, user.deleted_at if is_known else 0, user.id
