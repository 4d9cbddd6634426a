"""Finds addresses that resemble those of a list that no user has, which are probably mistyped.

What :mod:`userctl.services.users.similar` finds by an index comes first. Only where that is nothing
are addresses with the same beginning read, and then a bounded number of any.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.services.users.similar import similar_addresses

SUGGESTED = 3
"""How many addresses are suggested at most."""

LOOKED_UP = 20
"""For how many addresses of a list suggestions are looked for."""

READ = 1000
"""How many addresses are read for each beginning, so that a suggestion costs little."""

READ_ANYWHERE = 5000
"""How many addresses are read where none with the same beginning resembles one."""

_BEGINNING = 2
_SIMILAR = 0.7


def near_misses(uow: UnitOfWork, references: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return stored addresses that resemble some references, the most similar ones first.

    Args:
        uow: the unit of work.
        references: what no user has as an address; ids have no near misses.
    """
    wanted = [t for t in references if t.isprintable() and not t.isdigit()][:LOOKED_UP]
    found = {text: similar_addresses(uow, text.lower())[:SUGGESTED] for text in wanted}
    by_beginning: dict[str, Sequence[str]] = {}
    for text in [text for text, hits in found.items() if not hits]:
        beginning = text[:_BEGINNING].lower()
        if beginning not in by_beginning:
            by_beginning[beginning] = uow.user_batches.addresses_beginning(beginning, READ)
        found[text] = _most_similar(text, by_beginning[beginning])
    if not all(found.values()):
        anywhere = uow.user_batches.first_addresses(READ_ANYWHERE)
        found |= {text: _most_similar(text, anywhere) for text, hits in found.items() if not hits}
    return {text: hits for text, hits in found.items() if hits}


def _most_similar(text: str, addresses: Iterable[str]) -> Sequence[str]:
    # What another program stored as an address may not be text.
    scored = [(_similarity(text.lower(), a), a) for a in addresses if isinstance(a, str)]
    scored = sorted((-score, a) for score, a in scored if score >= _SIMILAR)
    return [address for _, address in scored[:SUGGESTED]]


def _similarity(text: str, address: str) -> float:
    """Return how similar two addresses are: as much as the worse of their two parts.

    Addresses of one domain resemble each other as a whole, whatever stands before the domain.
    """
    local, at, domain = text.partition("@")
    stored_local, _, stored_domain = address.partition("@")
    if not at:
        return max(_ratio(text, stored_local), _ratio(text, address))
    return min(_ratio(local, stored_local), _ratio(domain, stored_domain))


def _ratio(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The exact ratio takes long, and this one is never smaller.
    return matcher.ratio() if matcher.real_quick_ratio() >= _SIMILAR else 0.0
