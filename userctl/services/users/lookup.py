"""Finds the user that is meant by an id or an e-mail address."""

from collections.abc import Sequence
from datetime import datetime

from userctl.core.errors import InvalidInput, UserChanged, UserNotFound
from userctl.core.text import escape_invisible, quote, rfc3339
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.email_address import canonical_email, lookup_address
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.users import UserRead
from userctl.services.users.records import changed_user

IDS_LISTED = 20
"""How many ids a message lists at most."""


def id_or_address(reference: str) -> int | str:
    """Return the id or the canonical address that a reference stands for.

    Raises:
        InvalidInput: if the reference is neither.
    """
    if reference.isascii() and reference.isdigit():
        # Python does not convert very long digits, and no id has more than 19.
        return int(reference) if len(reference) <= 20 else LARGEST_ID + 1
    if "@" not in reference:
        raise InvalidInput(
            f"{quote(reference)} is neither an id nor an e-mail address.",
            hint="Find the user with 'userctl user list --search TEXT'.",
        )
    return canonical_email(reference)


def require_unchanged(users: Sequence[User], expected: UserRead | None) -> None:
    """Make sure that a user, who is locked, is as the caller read it.

    Args:
        users: the user alone.
        expected: what the caller read; None if that does not matter.

    Raises:
        UserChanged: if anything that is shown of the user is different by now.
    """
    if expected is not None and [*map(changed_user, users)] != [expected]:
        raise UserChanged(expected.id)


def find_user(uow: UnitOfWork, reference: str) -> User:
    """Return the user with an id or an e-mail address.

    Adopted tables may have addresses that are not valid, which are looked up as they are.

    Raises:
        InvalidInput: if the reference is neither, or the address of several users who were left
            to the application.
        UserNotFound: if there is no such user; it says so if there was one who can be restored.
    """
    try:
        which = id_or_address(reference)
    except InvalidInput:
        if odd := _by_address(uow, lookup_address(reference)):
            return odd
        if find_deleted(uow, reference):
            raise _not_found(uow, reference) from None
        raise
    user = uow.users.get(which) if isinstance(which, int) else _by_address(uow, which)
    if user is None:
        raise _not_found(uow, reference)
    return user


def lock_user(uow: UnitOfWork, reference: str) -> User:
    """Return the user as :func:`find_user` does, locked until the transaction ends."""
    found = find_user(uow, reference)
    assert found.id is not None
    user = uow.users.lock(found.id)
    if user is None:
        raise _not_found(uow, reference)
    return user


def _by_address(uow: UnitOfWork, address: str) -> User | None:
    # What cannot be an address stands for blank text, which refers to no user either.
    found = uow.users.all_by_email(address, IDS_LISTED) if address else []
    require_one(address, found)
    return found[0] if found else None


def require_one(address: str, found: Sequence[User]) -> None:
    """Make sure that an address refers to one user.

    Args:
        address: the address.
        found: the users who have it, first the one who has it by right.

    Raises:
        InvalidInput: if it is that of several users who were left to the application.
    """
    if len(found) > 1 and found[0].disabled_at is not None:
        ids = ", ".join(str(user.id) for user in found[:IDS_LISTED])
        raise InvalidInput(
            f"Several users have the address {quote(address)}.", hint=f"Use an id instead: {ids}."
        )


def find_deleted(uow: UnitOfWork, reference: str) -> Sequence[DeletedUser]:
    """Return the deleted users who can be restored and had an id or an e-mail address.

    Raises:
        InvalidInput: if the reference is neither.
    """
    try:
        which = id_or_address(reference)
    except InvalidInput:
        # What cannot be an address stands for blank text, which refers to no user.
        address = lookup_address(reference)
        if address and (odd := uow.deleted_users.with_email(address)):
            return odd
        raise
    if isinstance(which, int):
        return uow.deleted_users.with_id(which)
    return uow.deleted_users.with_email(which)


def last_deleted(users: Sequence[DeletedUser]) -> DeletedUser | None:
    """Return the user who was deleted last, as far as the times can be read."""
    return max(users, key=_deletion, default=None)


def _not_found(uow: UnitOfWork, reference: str) -> UserNotFound:
    return not_found(reference, find_deleted(uow, reference))


def not_found(reference: str, deleted: Sequence[DeletedUser]) -> UserNotFound:
    """Return the error about a user who does not exist, or who can be restored.

    Args:
        reference: the id or the e-mail address.
        deleted: the deleted users who had it.
    """
    last = last_deleted(deleted)
    if last is None:
        return UserNotFound(f"There is no user {quote(reference)}.")
    when = f" at {rfc3339(last.deleted_at)}" if isinstance(last.deleted_at, datetime) else ""
    # Several deleted users may have had the address, so that only an id says who is meant.
    which = reference if len(deleted) == 1 else str(last.id)
    return UserNotFound(
        f"The user {quote(reference)} was deleted{when}.",
        hint=f"Restore them with 'userctl user restore {escape_invisible(which)}'.",
    )


def _deletion(user: DeletedUser) -> tuple[bool, object, int]:
    """Return what sorts deleted users by the time of their deletion, if that can be read."""
    known = isinstance(user.deleted_at, datetime)
    return known, user.deleted_at if known else 0, user.id
