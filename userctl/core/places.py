"""Places in files, and the problems found there."""

from typing import NamedTuple

from userctl.core.text import escape_invisible


class Place(NamedTuple):
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return the place as compilers write it."""
        return f"{escape_invisible(self.file)}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """A problem at a place in a file."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Return the place and the problem."""
        return f"{self.place}: {self.message}"
