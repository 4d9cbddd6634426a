"""The e-mail addresses, rewritten in their canonical form."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Connection, column, func, select, table, text

from userctl.core.errors import InvalidEmail
from userctl.core.text import escape_invisible
from userctl.db.adoption.change import IDS_LISTED, Change, problem, step
from userctl.db.adoption.odd_addresses import odd_address_changes
from userctl.repositories.changes import require_count
from userctl.schemas.adoption import AdoptionOptions
from userctl.schemas.email_address import canonical_email, storable_address

BATCH = 100_000
"""How many users are read or written at a time."""

EXAMPLES = 3
USERS = table("users", column("id"), column("email"))

_UPDATE_EACH = text("UPDATE users SET email = :address WHERE id = :number")
_UPDATE_TOGETHER = text(
    "UPDATE users SET email = changed.address "
    "FROM unnest(CAST(:numbers AS bigint[]), CAST(:addresses AS text[])) "
    "AS changed (number, address) WHERE id = changed.number"
)


@dataclass(frozen=True)
class AddressPlan:
    """The addresses to change and the problems with addresses, by the id of the user.

    Attributes:
        changed: the canonical forms of the addresses that are not canonical.
        invalid: what is wrong with each value that is not text.
        odd: what is wrong with each other invalid address.
        unfit: the users of odd ones that cannot be looked up or imported as they are.
        shared: the users that would have the same address, by that address.
    """

    changed: Mapping[int, str]
    invalid: Mapping[int, str]
    odd: Mapping[int, str]
    unfit: Set[int]
    shared: Mapping[str, list[int]]


def address_plan(
    read_users: Callable[[], Iterable[tuple[int, Any]]], duplicates: Collection[str] = ()
) -> AddressPlan:
    """Return the plan for the addresses of all users, keeping only changes in memory.

    Args:
        read_users: returns the id and the address of every user who has one.
        duplicates: the addresses that several users have as they are.
    """
    changed, invalid, odd, unfit = _classify(read_users())
    shared_candidates = {*changed.values(), *duplicates}
    users_by_address: dict[str, list[int]] = {}
    for number, address in read_users() if shared_candidates else ():
        final = changed.get(number, address)
        if final in shared_candidates and number not in invalid:
            users_by_address.setdefault(final, []).append(number)
    shared = {address: numbers for address, numbers in users_by_address.items() if len(numbers) > 1}
    return AddressPlan(changed, invalid, odd, unfit, shared)


def _classify(
    users: Iterable[tuple[int, Any]],
) -> tuple[dict[int, str], dict[int, str], dict[int, str], set[int]]:
    """Return the first four parts of a plan."""
    changed: dict[int, str] = {}
    invalid: dict[int, str] = {}
    odd: dict[int, str] = {}
    unfit: set[int] = set()
    for number, address in users:
        if not isinstance(address, str):
            invalid[number] = f"'{escape_invisible(str(address)[:80])}': It is not text."
            continue
        try:
            canonical = canonical_email(address)
        except InvalidEmail as error:
            odd[number] = error.message
            if storable_address(address) is None:
                unfit.add(number)
        else:
            if canonical != address:
                changed[number] = canonical
    return changed, invalid, odd, unfit


def address_changes(connection: Connection, options: AdoptionOptions) -> Iterator[Change]:
    """Yield the changes and the problems of the addresses in a database."""
    duplicates = select(USERS.c.email).group_by(USERS.c.email).having(func.count() > 1)
    plan = address_plan(
        lambda: _addresses(connection),
        list(connection.scalars(duplicates.where(USERS.c.email.is_not(None)))),
    )
    for number, reason in plan.invalid.items():
        yield problem("users", "email", reason, ids=[number])
    yield from odd_address_changes(connection, plan, options)
    # Users who share an address are left out, and nothing else about them is changed.
    sharing_users = {number for numbers in plan.shared.values() for number in numbers}
    changed = {n: address for n, address in plan.changed.items() if n not in sharing_users}
    if changed:
        yield step(
            "users",
            "email",
            f"rewrite {_examples(connection, changed)}",
            lambda op: _update_addresses(op, changed),
            rows=len(changed),
            ids=list(islice(changed, IDS_LISTED)),
        )


def _addresses(connection: Connection) -> Iterator[tuple[int, Any]]:
    query, last_id = select(USERS.c.id, USERS.c.email).order_by(USERS.c.id).limit(BATCH), None
    while rows := connection.execute(
        query if last_id is None else query.where(USERS.c.id > last_id)
    ).all():
        yield from ((row.id, row.email) for row in rows if row.email is not None)
        last_id = rows[-1].id


def _examples(connection: Connection, changed: Mapping[int, str]) -> str:
    ids = list(islice(changed, EXAMPLES))
    rows = connection.execute(select(USERS).where(USERS.c.id.in_(ids)).order_by(USERS.c.id))
    examples = [f"{row.email} as {changed[row.id]}" for row in rows]
    return ", ".join([*examples, "and so on"] if len(changed) > EXAMPLES else examples)


def _update_addresses(op: Operations, changed: Mapping[int, str]) -> None:
    connection, rows = op.get_bind(), iter(changed.items())
    while batch := list(islice(rows, BATCH)):
        if connection.dialect.name == "postgresql":
            # The server may read the whole table for each statement, so use few statements.
            numbers, addresses = zip(*batch, strict=True)
            values = {"numbers": list(numbers), "addresses": list(addresses)}
            result = connection.execute(_UPDATE_TOGETHER, values)
        else:
            values_each = [{"number": number, "address": address} for number, address in batch]
            result = connection.execute(_UPDATE_EACH, values_each)
        require_count("UPDATE", "users", result.rowcount, len(batch))
