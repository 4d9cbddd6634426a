"""Splitting of long lists."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CHUNK = 200
"""How many rows a statement names; SQLite allows no condition with a thousand parts."""


def split_into_chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield the items of a list in parts of one length; the last part may be shorter."""
    return (items[start : start + size] for start in range(0, len(items), size))
