"""Matches declared users with stored ones."""

from collections.abc import Iterable, Mapping, Sequence

from userctl.core.errors import DeclarationInvalid
from userctl.core.places import Problem
from userctl.repositories.declared_users import UserRow
from userctl.schemas.declaration import DeclaredUser

_NO_ROWS: tuple[UserRow, ...] = ()


def match_users(
    users: Sequence[DeclaredUser], rows: Mapping[str, UserRow]
) -> list[tuple[UserRow, ...]]:
    """Return the rows of each declared user: at most one, unless the user must be absent.

    A user is identified by the address or, if no stored user has that, by a previous one. This also
    applies if another user has the new address and gives it up in the same declaration. For a user
    who must be absent, every address counts that no other user is declared to have.

    Args:
        users: the declared users.
        rows: the stored users by address, including those with previous addresses.

    Raises:
        DeclarationInvalid: if a declared user matches several stored ones, or the other way round.
    """
    by_address = [(row,) if (row := rows.get(user.email)) else _NO_ROWS for user in users]
    if not any(user.previous_emails for user in users):
        return by_address
    renamed = _renamed_rows(users, rows)
    renamed_ids = {row.id for row in renamed.values()}
    declared = {user.email for user in users}
    matches: list[tuple[UserRow, ...]] = []
    for place, user in enumerate(users):
        if place in renamed:
            matches.append((renamed[place],))
            continue
        # The address becomes free when the user who has it gets another one.
        own = [row for row in by_address[place] if row.id not in renamed_ids]
        if user.state != "present" and (user.state == "absent" or not own):
            former = (rows[e] for e in user.previous_emails if e in rows and e not in declared)
            own += [row for row in former if row.id not in renamed_ids]
        matches.append(tuple(own))
    return matches


def _renamed_rows(users: Sequence[DeclaredUser], rows: Mapping[str, UserRow]) -> dict[int, UserRow]:
    """Return the rows of declared users that match by a previous address, by their places."""
    former = _former_rows(users, rows)
    renamed: dict[int, UserRow] = {}
    waiting = dict(former)
    # A user can be renamed if the new address is free, or is given up by a renamed user.
    while ready := [
        place
        for place in waiting
        if (holder := rows.get(users[place].email)) is None
        or any(holder.id == row.id for row in renamed.values())
    ]:
        renamed |= {place: waiting.pop(place) for place in ready}
    return renamed | _exchanged_rows(users, rows, waiting)


def _exchanged_rows(
    users: Sequence[DeclaredUser], rows: Mapping[str, UserRow], waiting: Mapping[int, UserRow]
) -> dict[int, UserRow]:
    """Return the rows of users who exchange their addresses, unless they have already done so."""
    candidates = {
        place: row
        for place, row in waiting.items()
        if rows[users[place].email].previous_email not in users[place].previous_emails
    }
    while True:
        given_up = {row.email for row in candidates.values()}
        remaining = {
            place: row for place, row in candidates.items() if users[place].email in given_up
        }
        if len(remaining) == len(candidates):
            return candidates
        candidates = remaining


def _former_rows(users: Sequence[DeclaredUser], rows: Mapping[str, UserRow]) -> dict[int, UserRow]:
    """Return the stored users that have a previous address of a declared user, by place."""
    former: dict[int, UserRow] = {}
    claims: dict[int, DeclaredUser] = {}
    problems: list[Problem] = []
    for place, user in _renamable_users(users):
        matches = [rows[email] for email in user.previous_emails if email in rows]
        if len(matches) > 1 and user.email not in rows:
            both = " and ".join(f"{row.email} (id {row.id})" for row in matches)
            problems.append(
                Problem(user.place, f"Both {both} exist, but only one user is declared.")
            )
        elif matches:
            former[place] = matches[0]
            other = claims.setdefault(matches[0].id, user)
            if other is not user:
                problems.append(
                    Problem(
                        user.place,
                        f"{matches[0].email} is also a previous address of {other.email} at "
                        f"{other.place}.",
                    )
                )
    if problems:
        raise DeclarationInvalid(problems)
    return former


def _renamable_users(users: Sequence[DeclaredUser]) -> Iterable[tuple[int, DeclaredUser]]:
    """Yield the users who may be renamed, with their places."""
    for place, user in enumerate(users):
        if user.previous_emails and user.state == "present":
            yield place, user
