"""Finds out which stored user each declared user is."""

from collections.abc import Iterable, Mapping, Sequence

from userctl.core.errors import DeclarationInvalid
from userctl.core.places import Problem
from userctl.repositories.declared_users import UserRow
from userctl.schemas.declaration import DeclaredUser

_NONE: tuple[UserRow, ...] = ()


def match_users(
    users: Sequence[DeclaredUser], rows: Mapping[str, UserRow]
) -> list[tuple[UserRow, ...]]:
    """Return the rows of each declared user: at most one, unless the user must be absent.

    A user is known by the address. One who has none of that address is known by a previous one,
    also if another user has the new address and gives it up to a third. Of a user who must be
    absent, each address counts that no other user is declared to have.

    Args:
        users: the declared users.
        rows: the stored users by their addresses, those with previous addresses among them.

    Raises:
        DeclarationInvalid: if it is not clear who is meant.
    """
    by_address = [(row,) if (row := rows.get(user.email)) else _NONE for user in users]
    if not any(user.previous_emails for user in users):
        return by_address
    renamed = _renamed(users, rows)
    taken = {row.id for row in renamed.values()}
    declared = {user.email for user in users}
    found: list[tuple[UserRow, ...]] = []
    for place, user in enumerate(users):
        if place in renamed:
            found.append((renamed[place],))
            continue
        # The address is free once the user who has it gets another.
        known = [row for row in by_address[place] if row.id not in taken]
        if user.state != "present" and (user.state == "absent" or not known):
            former = (rows[e] for e in user.previous_emails if e in rows and e not in declared)
            known += [row for row in former if row.id not in taken]
        found.append(tuple(known))
    return found


def _renamed(users: Sequence[DeclaredUser], rows: Mapping[str, UserRow]) -> dict[int, UserRow]:
    """Return the rows of declared users that are known by a previous address, by their places."""
    former = _former_rows(users, rows)
    renamed: dict[int, UserRow] = {}
    waiting = dict(former)
    # Who has an address that is free, or that a renamed user gives up, can be renamed.
    while ready := [
        place
        for place in waiting
        if (holder := rows.get(users[place].email)) is None
        or any(holder.id == row.id for row in renamed.values())
    ]:
        renamed |= {place: waiting.pop(place) for place in ready}
    return renamed | _cycles(users, rows, waiting)


def _cycles(
    users: Sequence[DeclaredUser], rows: Mapping[str, UserRow], waiting: Mapping[int, UserRow]
) -> dict[int, UserRow]:
    """Return those of users who exchange their addresses, unless they have done so already."""
    left = {
        place: row
        for place, row in waiting.items()
        if rows[users[place].email].previous_email not in users[place].previous_emails
    }
    while True:
        given_up = {row.email for row in left.values()}
        closed = {place: row for place, row in left.items() if users[place].email in given_up}
        if len(closed) == len(left):
            return left
        left = closed


def _former_rows(users: Sequence[DeclaredUser], rows: Mapping[str, UserRow]) -> dict[int, UserRow]:
    """Return the stored users with previous addresses of declared ones, by their places."""
    former: dict[int, UserRow] = {}
    claims: dict[int, DeclaredUser] = {}
    problems: list[Problem] = []
    for place, user in _with_previous(users):
        found = [rows[email] for email in user.previous_emails if email in rows]
        if len(found) > 1 and user.email not in rows:
            both = " and ".join(f"{row.email} (id {row.id})" for row in found)
            problems.append(Problem(user.place, f"Both {both} exist, and one user is declared."))
        elif found:
            former[place] = found[0]
            other = claims.setdefault(found[0].id, user)
            if other is not user:
                problems.append(
                    Problem(
                        user.place,
                        f"{found[0].email} is also a previous address of {other.email} at "
                        f"{other.place}.",
                    )
                )
    if problems:
        raise DeclarationInvalid(problems)
    return former


def _with_previous(users: Sequence[DeclaredUser]) -> Iterable[tuple[int, DeclaredUser]]:
    """Yield users who may be renamed."""
    for place, user in enumerate(users):
        if user.previous_emails and user.state == "present":
            yield place, user
