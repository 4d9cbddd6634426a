"""Finds stored addresses similar to unknown ones, which are probably mistyped.

The index lookup of :mod:`userctl.services.users.similar_addresses` comes first. If it finds
nothing, addresses with the same beginning are compared, and then a bounded number of any others.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.services.users.similar_addresses import similar_addresses

SUGGESTION_LIMIT = 3
"""The largest number of suggested addresses."""

LOOKUP_LIMIT = 20
"""The number of unknown addresses for which suggestions are sought."""

READ_LIMIT = 1000
"""How many addresses are read for each beginning, so that suggestions stay cheap."""

READ_ANYWHERE_LIMIT = 5000
"""How many addresses are read if none with the same beginning is similar."""

_BEGINNING = 2
_THRESHOLD = 0.7


def near_misses(uow: UnitOfWork, references: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return stored addresses that are similar to some references, the most similar ones first.

    Args:
        uow: the unit of work.
        references: addresses that no user has; ids have no near misses.
    """
    wanted = [t for t in references if t.isprintable() and not t.isdigit()][:LOOKUP_LIMIT]
    misses = {text: similar_addresses(uow, text.lower())[:SUGGESTION_LIMIT] for text in wanted}
    by_beginning: dict[str, Sequence[str]] = {}
    for text in [text for text, hits in misses.items() if not hits]:
        beginning = text[:_BEGINNING].lower()
        if beginning not in by_beginning:
            by_beginning[beginning] = uow.user_batches.addresses_beginning(beginning, READ_LIMIT)
        misses[text] = _most_similar(text, by_beginning[beginning])
    if not all(misses.values()):
        others = uow.user_batches.first_addresses(READ_ANYWHERE_LIMIT)
        misses |= {text: _most_similar(text, others) for text, hits in misses.items() if not hits}
    return {text: hits for text, hits in misses.items() if hits}


def _most_similar(text: str, addresses: Iterable[str]) -> Sequence[str]:
    # An address that another program stored may not be text.
    scored = [(_similarity(text.lower(), a), a) for a in addresses if isinstance(a, str)]
    scored = sorted((-score, a) for score, a in scored if score >= _THRESHOLD)
    return [address for _, address in scored[:SUGGESTION_LIMIT]]


def _similarity(text: str, address: str) -> float:
    """Return how similar two addresses are: the lower similarity of their local parts and domains.

    Compared as a whole, all addresses of one domain would be similar.
    """
    local, at, domain = text.partition("@")
    stored_local, _, stored_domain = address.partition("@")
    if not at:
        return max(_ratio(text, stored_local), _ratio(text, address))
    return min(_ratio(local, stored_local), _ratio(domain, stored_domain))


def _ratio(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The exact ratio is slow to compute, and the quick one is an upper bound.
    return matcher.ratio() if matcher.real_quick_ratio() >= _THRESHOLD else 0.0
