"""Users of an application whose addresses are not valid: refused, kept, or left to it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

from alembic.operations import Operations
from sqlalchemy import Connection, String, column, select, table, update

from userctl.db.adoption.change import IDS_LISTED, Change, problem, step, warning
from userctl.db.adoption.columns import present_columns
from userctl.models.types import UTCDateTime
from userctl.repositories.changes import require_count
from userctl.schemas.adoption import AdoptionOptions

if TYPE_CHECKING:
    from userctl.db.adoption.addresses import AddressPlan

BATCH = 1000
"""How many users are queried or changed at a time."""

_USERS = table(
    "users", column("id"), column("email", String()), column("disabled_at", UTCDateTime())
)
_EITHER = "correct it, or pass --keep-odd-addresses or --leave-out"
_LEAVE_OUT = "correct it, or pass --leave-out"


def odd_address_changes(
    connection: Connection, plan: "AddressPlan", options: AdoptionOptions
) -> Iterator[Change]:
    """Yield the changes and problems of users with an invalid address, a shared one, or none.

    Users whose address can be looked up may be kept, and so may those without one. A disabled user
    was left out before, and stays so.

    Args:
        connection: the database.
        plan: the plan for the addresses.
        options: whether they are kept or left out.
    """
    query = select(_USERS.c.id).where(_USERS.c.email.is_(None)).order_by(_USERS.c.id)
    without_address = list(connection.scalars(query))
    sharing_users = [number for numbers in plan.shared.values() for number in numbers]
    disabled_users = _disabled_ids(connection, [*plan.odd, *without_address, *sharing_users])
    shared = {
        address: active
        for address, numbers in plan.shared.items()
        if _is_contested(active := [n for n in numbers if n not in disabled_users], plan)
    }
    contested = {*chain.from_iterable(shared.values())}
    odd = sorted(set(plan.odd) - contested - disabled_users)
    without_address = [number for number in without_address if number not in disabled_users]
    if options.keep_odd_addresses:
        fit = [number for number in odd if number not in plan.unfit]
        if kept_ids := sorted([*fit, *without_address]):
            detail = "these addresses are not valid, and stay as they are"
            yield warning("users", "email", detail, len(kept_ids), ids=kept_ids[:IDS_LISTED])
        odd, without_address = sorted(set(odd) & plan.unfit), []
    if options.leave_out:
        yield from _leave_out_changes([*odd, *without_address, *contested], options)
        return
    for number in odd:
        advice = _LEAVE_OUT if number in plan.unfit else _EITHER
        yield problem("users", "email", f"{plan.odd[number]} ({advice})", ids=[number])
    if without_address:
        detail = f"the value is missing in some rows ({_EITHER})"
        yield problem(
            "users", "email", detail, rows=len(without_address), ids=without_address[:IDS_LISTED]
        )
    for address, numbers in shared.items():
        detail = (
            "correct them, or pass --leave-out: these users would all have the address "
            f"{address or '(blank)'}"
        )
        yield problem("users", "email", detail, rows=len(numbers), ids=numbers)


def _leave_out_changes(numbers: Sequence[int], options: AdoptionOptions) -> Iterator[Change]:
    if numbers:
        detail = "leave users to the application: disable them here, and change nothing else"
        yield step(
            "users",
            "disabled_at",
            detail,
            lambda op: _leave_out(op, numbers, options.now),
            rows=len(numbers),
            ids=sorted(numbers)[:IDS_LISTED],
            late=True,
        )


def _is_contested(active: Sequence[int], plan: "AddressPlan") -> bool:
    """Tell whether it is undecided which of the active users who share an address owns it."""
    return len(active) > 1 or any(number in plan.changed for number in active)


def _disabled_ids(connection: Connection, numbers: Sequence[int]) -> set[int]:
    if "disabled_at" not in present_columns(connection, "users"):
        return set()
    query = select(_USERS.c.id).where(_USERS.c.disabled_at.is_not(None))
    return {
        number
        for batch in _batches(numbers)
        for number in connection.scalars(query.where(_USERS.c.id.in_(batch)))
    }


def _leave_out(op: Operations, numbers: Sequence[int], now: datetime) -> None:
    # Their hashes stay in place, so the application still lets them in.
    change = update(_USERS).values(disabled_at=now)
    for batch in _batches(numbers):
        count = op.get_bind().execute(change.where(_USERS.c.id.in_(batch))).rowcount
        require_count("UPDATE", "users", count, len(batch))


def _batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    remaining = iter(numbers)
    while batch := list(islice(remaining, BATCH)):
        yield batch
