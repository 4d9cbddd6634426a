"""Reads the stored users that a declaration concerns."""

from collections.abc import Sequence
from dataclasses import dataclass

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.repositories.declared_users import UserRow
from userctl.schemas.declaration import DeclaredUser


@dataclass(frozen=True)
class StoredUsers:
    """The stored users that a declaration concerns.

    Attributes:
        members: the users of the set.
        rows: the members and the other declared users, by address.
    """

    members: Sequence[UserRow]
    rows: dict[str, UserRow]


def read_stored(
    uow: UnitOfWork, users: Sequence[DeclaredUser], set_name: str | None
) -> StoredUsers:
    """Return the users of a set, and those who have a declared address."""
    members = [] if set_name is None else uow.declared_users.of_set(set_name)
    rows = {row.email: row for row in members}
    emails = dict.fromkeys(user.email for user in users if user.email not in rows)
    for user in users:
        if user.previous_emails:
            emails |= dict.fromkeys(email for email in user.previous_emails if email not in rows)
    for row in uow.declared_users.with_emails([*emails]):
        # If several users have an address, the one who is not disabled counts.
        if row.email not in rows or row.disabled_at is None:
            rows[row.email] = row
    return StoredUsers(members, rows)


def find_deleted(
    uow: UnitOfWork, users: Sequence[DeclaredUser], set_name: str | None
) -> dict[str, UserRow]:
    """Return the deleted users that match declared ones, by the declared address.

    If several had an address, a user of the set is preferred, then the one deleted last.
    """
    declared = {email: user.email for user in users for email in user.previous_emails}
    declared |= {user.email: user.email for user in users}
    matches: dict[str, UserRow] = {}
    for row in uow.declared_users.deleted_with_emails([*declared]):
        email = declared[row.email]
        earlier = matches.get(email)
        is_ours = set_name is not None and row.managed_by == set_name
        if earlier is None or is_ours or earlier.managed_by != set_name:
            matches[email] = row
    return matches
