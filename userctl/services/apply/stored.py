"""Reads the stored users that a declaration is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.repositories.declared_users import UserRow
from userctl.schemas.declaration import DeclaredUser


@dataclass(frozen=True)
class StoredUsers:
    """What is stored when users are applied.

    Attributes:
        members: the users of the set.
        rows: these and the other declared users, by their addresses.
    """

    members: Sequence[UserRow]
    rows: dict[str, UserRow]


def read_stored(
    uow: UnitOfWork, users: Sequence[DeclaredUser], set_name: str | None
) -> StoredUsers:
    """Return the users of a set, and those who have an address that is declared."""
    members = [] if set_name is None else uow.declared_users.of_set(set_name)
    rows = {row.email: row for row in members}
    emails = dict.fromkeys(user.email for user in users if user.email not in rows)
    for user in users:
        if user.previous_emails:
            emails |= dict.fromkeys(email for email in user.previous_emails if email not in rows)
    for row in uow.declared_users.with_emails([*emails]):
        # Of several users who were left to the application, the one counts who is not disabled.
        if row.email not in rows or row.disabled_at is None:
            rows[row.email] = row
    return StoredUsers(members, rows)


def find_deleted(
    uow: UnitOfWork, users: Sequence[DeclaredUser], set_name: str | None
) -> dict[str, UserRow]:
    """Return the deleted users whom declared ones may be, by the declared address.

    Of several who had an address, one of the set comes first, and then the one deleted last.
    """
    declared = {email: user.email for user in users for email in user.previous_emails}
    declared |= {user.email: user.email for user in users}
    found: dict[str, UserRow] = {}
    for row in uow.declared_users.deleted_with_emails([*declared]):
        email = declared[row.email]
        known = found.get(email)
        is_ours = set_name is not None and row.managed_by == set_name
        if known is None or is_ours or known.managed_by != set_name:
            found[email] = row
    return found
