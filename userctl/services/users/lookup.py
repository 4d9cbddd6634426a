"""Finds the user that is meant by an id or an e-mail address."""

from userctl.core.errors import InvalidInput, UserNotFound
from userctl.core.text import quote
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.email_address import canonical_email, lookup_address
from userctl.schemas.page import LARGEST_ID

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


def find_user(uow: UnitOfWork, reference: str) -> User:
    """Return the user with an id or an e-mail address.

    Adopted tables may have addresses that are not valid, which are looked up as they are.

    Raises:
        InvalidInput: if the reference is neither, or the address of several users who were left
            to the application.
        UserNotFound: if there is no such user.
    """
    try:
        which = id_or_address(reference)
    except InvalidInput:
        if odd := _by_address(uow, lookup_address(reference)):
            return odd
        raise
    user = uow.users.get(which) if isinstance(which, int) else _by_address(uow, which)
    if user is None:
        raise _not_found(reference)
    return user


def lock_user(uow: UnitOfWork, reference: str) -> User:
    """Return the user as :func:`find_user` does, locked until the transaction ends."""
    found = find_user(uow, reference)
    assert found.id is not None
    user = uow.users.lock(found.id)
    if user is None:
        raise _not_found(reference)
    return user


def _by_address(uow: UnitOfWork, address: str) -> User | None:
    found = uow.users.all_by_email(address, IDS_LISTED)
    if len(found) > 1 and found[0].disabled_at is not None:
        ids = ", ".join(str(user.id) for user in found)
        raise InvalidInput(
            f"Several users have the address {quote(address)}.", hint=f"Use an id instead: {ids}."
        )
    return found[0] if found else None


def _not_found(reference: str) -> UserNotFound:
    return UserNotFound(f"There is no user {quote(reference)}.")
