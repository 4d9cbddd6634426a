"""A text whose beginning was already read, from its beginning again."""

from collections.abc import Iterable, Iterator
from typing import TextIO


class ReplayedText:
    """A text with the methods that readers of records use.

    Args:
        first: the pieces already read; a line is in one of them, except the last line.
        rest: what follows them.

    Attributes:
        pieces: the pieces that have not been read again.
    """

    def __init__(self, pieces: Iterable[str], text: TextIO) -> None:
        self.pieces = [*pieces]
        self._text = text

    @property
    def encoding(self) -> str:
        """The encoding of the file."""
        return self._text.encoding

    def readline(self, size: int = -1) -> str:
        """Return the next line, or as much of it as asked for."""
        return self.pieces.pop(0) if self.pieces else self._text.readline(size)

    def read(self, size: int = -1) -> str:
        """Return the next characters, as many as asked for or fewer."""
        return self.pieces.pop(0) if self.pieces else self._text.read(size)

    def __iter__(self) -> Iterator[str]:
        """Yield the lines."""
        return iter(self.readline, "")
