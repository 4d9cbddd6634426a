"""Determines the options that an import of the exported users needs."""

from collections import Counter
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from typing import Any

from userctl.core.errors import InvalidInput
from userctl.core.text import pluralize, rfc3339
from userctl.schemas.email_address import are_canonical, is_canonical
from userctl.schemas.user_name import NAME_LENGTH, check_name
from userctl.security.passwords import is_verifiable_hash

Columns = Sequence[Sequence[Any]]


class ImportNeeds:
    """Counts the users for whom an import needs an option, and names these options.

    Args:
        roles: the configured roles.
        now: the time of the export.

    Attributes:
        shared: the addresses that several users have.
    """

    def __init__(self, roles: Sequence[str], now: datetime) -> None:
        self._roles = frozenset(roles)
        self._now = rfc3339(now)
        self._found: Counter[str] = Counter()
        self._checks: dict[str, tuple[str, Callable[[Sequence[Any]], int]]] = {
            "email": ("--keep-odd-addresses", self._odd_addresses),
            "name": ("--correct-names", _odd_names),
            "role": ("--keep-roles", self._unknown_roles),
            "created_at": ("--keep-future-times", self._future_times),
            "hashed_password": ("--drop-unknown-hashes", _unknown_hashes),
        }
        self.shared: Set[str] = frozenset()

    def add(self, fields: Sequence[str], columns: Columns) -> None:
        """Count the users of a chunk, which has one column for each field."""
        for field, values in zip(fields, columns, strict=True):
            if field in self._checks:
                option, count = self._checks[field]
                self._found[option] += count(values)

    def describe(self) -> str | None:
        """Return the message to print after an export; None if an import needs no option."""
        needed = [f"{option} ({pluralize(n, 'user')})" for option, n in self._found.items() if n]
        return f"An import of these users needs {', '.join(needed)}." if needed else None

    def _odd_addresses(self, addresses: Sequence[str]) -> int:
        if not self.shared and are_canonical(addresses):
            return 0
        return sum(address in self.shared or not is_canonical(address) for address in addresses)

    def _unknown_roles(self, roles: Sequence[str]) -> int:
        # An empty role is not imported.
        unknown = set(roles) - self._roles - {""}
        return sum(role in unknown for role in roles) if unknown else 0

    def _future_times(self, times: Sequence[str]) -> int:
        return sum(time > self._now for time in times) if max(times) > self._now else 0


def _odd_names(names: Sequence[str | None]) -> int:
    present = [name for name in names if name]
    if "".join(present).isprintable() and max(map(len, present), default=0) <= NAME_LENGTH:
        return sum(map(str.isspace, present))
    return sum(map(_is_odd_name, present))


def _is_odd_name(name: str) -> bool:
    try:
        check_name(name)
    except InvalidInput:
        return True
    return False


def _unknown_hashes(hashes: Sequence[str | None]) -> int:
    return sum(bool(hashed) and not is_verifiable_hash(str(hashed)) for hashed in hashes)
