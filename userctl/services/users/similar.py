"""Finds addresses that may be meant by one that no user has."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.schemas.users import UserQuery

SUGGESTED = 5
"""How many addresses are suggested at most."""

READ = 20
"""How many addresses with the same local part are read."""

LONGEST = 64
"""Of a longer address no misspellings are looked up: their number grows with the length."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-+"


def similar_addresses(uow: UnitOfWork, address: str) -> Sequence[str]:
    """Return addresses of users, the most similar ones first.

    An index finds them: those that a single slip of the finger makes of the address (a letter too
    many, too few, another one, or two that changed places), and those of the same name elsewhere.

    Args:
        uow: the unit of work.
        address: what was typed, in lower case.
    """
    found: set[str] = set()
    if len(address) <= LONGEST:
        found.update(uow.users.ids_by_email(list(_slips(address))))
    local = address.partition("@")[0]
    if local:
        query = UserQuery(beginning=f"{local}@", sort="email", limit=READ)
        found.update(user.email for user, _ in uow.user_pages.page(query, None))
    texts = [text for text in found if isinstance(text, str)]
    return sorted(texts, key=lambda text: (-_ratio(address, text), text))[:SUGGESTED]


def _slips(address: str) -> Iterator[str]:
    """Yield what a single slip makes of an address, without repetitions."""
    made = {address}
    splits = [(address[:place], address[place:]) for place in range(len(address) + 1)]
    for before, after in splits:
        variants = [f"{before}{letter}{after}" for letter in _LETTERS]
        if after:
            variants += [f"{before}{after[1:]}"]
            variants += [f"{before}{letter}{after[1:]}" for letter in f"{_LETTERS}@"]
        if len(after) > 1:
            variants += [f"{before}{after[1]}{after[0]}{after[2:]}"]
        for variant in variants:
            if variant not in made:
                made.add(variant)
                yield variant


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
