"""A text of which the beginning was read already, from its beginning."""

from collections.abc import Iterable, Iterator
from typing import TextIO


class Replayed:
    """A text, as what reads records needs it.

    Args:
        first: the pieces that have been read; a line is in one of them, but for the last.
        rest: what follows them.

    Attributes:
        first: what has not been read again.
    """

    def __init__(self, first: Iterable[str], rest: TextIO) -> None:
        self.first = [*first]
        self._rest = rest

    @property
    def encoding(self) -> str:
        """The encoding of the file."""
        return self._rest.encoding

    def readline(self, size: int = -1) -> str:
        """Return the next line, or as much of it as asked for."""
        return self.first.pop(0) if self.first else self._rest.readline(size)

    def read(self, size: int = -1) -> str:
        """Return the next characters, as many as asked for or fewer."""
        return self.first.pop(0) if self.first else self._rest.read(size)

    def __iter__(self) -> Iterator[str]:
        """Yield the lines."""
        return iter(self.readline, "")
