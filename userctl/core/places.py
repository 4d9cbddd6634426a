"""Places in files, and what is wrong there."""

from typing import NamedTuple

from userctl.core.text import escape_invisible


class Place(NamedTuple):
    """Where something stands in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return the place as compilers write it."""
        return f"{escape_invisible(self.file)}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """What is wrong at a place of a file."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Return the place and what is wrong there."""
        return f"{self.place}: {self.message}"
