"""A text whose beginning was already read, from its beginning again."""

from collections.abc import Iterable, Iterator
from typing import TextIO


class ReplayedText:
    """A text with the methods that readers of records use.

    Args:
        first: the pieces already read; a line is in one of them, except the last line.
        rest: what follows them.

    Attributes:
        first: the pieces that have not been read again.
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
