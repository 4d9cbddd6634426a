"""Long lists in parts."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CHUNK = 200
"""How many rows a statement names; SQLite allows no condition with a thousand parts."""


def in_chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield the items of a list in parts of some length, of which the last may be shorter."""
    return (items[start : start + size] for start in range(0, len(items), size))
