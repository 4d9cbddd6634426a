"""Finds stored addresses similar to one that no user has."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.schemas.users import UserQuery

SUGGESTION_LIMIT = 5
"""The largest number of suggested addresses."""

READ_LIMIT = 20
"""How many addresses with the same local part are read."""

LONGEST_CHECKED = 64
"""Misspellings of longer addresses are not looked up: their number grows with the length."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-+"


def similar_addresses(uow: UnitOfWork, address: str) -> Sequence[str]:
    """Return addresses of users, the most similar ones first.

    They are found by index: addresses that differ by a single typing error (an extra, missing or
    wrong character, or two swapped ones), and addresses with the same local part.

    Args:
        uow: the unit of work.
        address: the address as typed, in lower case.
    """
    candidates: set[str] = set()
    if len(address) <= LONGEST_CHECKED:
        candidates.update(uow.users.ids_by_email(list(_misspellings(address))))
    local = address.partition("@")[0]
    if local:
        query = UserQuery(beginning=f"{local}@", sort="email", limit=READ_LIMIT)
        candidates.update(user.email for user, _ in uow.user_pages.page(query, None))
    texts = [text for text in candidates if isinstance(text, str)]
    return sorted(texts, key=lambda text: (-_ratio(address, text), text))[:SUGGESTION_LIMIT]


def _misspellings(address: str) -> Iterator[str]:
    """Yield the results of a single typing error in an address, without duplicates."""
    seen = {address}
    splits = [(address[:place], address[place:]) for place in range(len(address) + 1)]
    for before, after in splits:
        variants = [f"{before}{letter}{after}" for letter in _LETTERS]
        if after:
            variants += [f"{before}{after[1:]}"]
            variants += [f"{before}{letter}{after[1:]}" for letter in f"{_LETTERS}@"]
        if len(after) > 1:
            variants += [f"{before}{after[1]}{after[0]}{after[2:]}"]
        for variant in variants:
            if variant not in seen:
                seen.add(variant)
                yield variant


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
