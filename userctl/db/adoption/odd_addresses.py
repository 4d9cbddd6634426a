"""Users of an application whose addresses are not valid: refused, kept, or left to it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from alembic.operations import Operations
from sqlalchemy import Connection, column, select, table, update

from userctl.db.adoption.change import IDS_LISTED, Change, problem, step, warning
from userctl.db.adoption.columns import present_columns
from userctl.models.types import UTCDateTime
from userctl.schemas.adoption import AdoptionOptions

BATCH = 1000
"""How many users are asked for or changed at a time."""

_USERS = table("users", column("id"), column("disabled_at", UTCDateTime()))


def odd_address_changes(
    connection: Connection, odd: Mapping[int, str], options: AdoptionOptions
) -> Iterator[Change]:
    """Yield what is to be done about the users with invalid addresses.

    One who is disabled was left out before, and stays so.

    Args:
        connection: the database.
        odd: what is wrong with the address of each such user, by id.
        options: whether they are kept or left out.
    """
    disabled = _disabled(connection, list(odd))
    active = [number for number in odd if number not in disabled]
    first = active[:IDS_LISTED]
    if not active:
        return
    if options.keep_odd_addresses:
        detail = "these addresses are not valid, and stay as they are"
        yield warning("users", "email", detail, len(active), ids=first)
    elif options.leave_out:
        detail = "leave users to the application: disable them here, and change nothing else"
        yield step("users", "disabled_at", detail, lambda op: _leave_out(op, active, options.now),
                   rows=len(active), ids=first, late=True)  # fmt: skip
    else:
        advice = "correct it, or pass --keep-odd-addresses or --leave-out"
        for number in active:
            yield problem("users", "email", f"{odd[number]} ({advice})", ids=[number])


def _disabled(connection: Connection, numbers: Sequence[int]) -> set[int]:
    if "disabled_at" not in present_columns(connection, "users"):
        return set()
    query = select(_USERS.c.id).where(_USERS.c.disabled_at.is_not(None))
    return {
        number
        for batch in _batches(numbers)
        for number in connection.scalars(query.where(_USERS.c.id.in_(batch)))
    }


def _leave_out(op: Operations, numbers: Sequence[int], now: datetime) -> None:
    # With their hashes where they are, the application goes on letting them in.
    change = update(_USERS).values(disabled_at=now)
    for batch in _batches(numbers):
        op.get_bind().execute(change.where(_USERS.c.id.in_(batch)))


def _batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, BATCH)):
        yield batch
