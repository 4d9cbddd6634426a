"""Where records come from: a file or standard input, of which the SHA-256 is taken."""

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.formats.reader import STREAM, TEXT


@contextmanager
def record_source(file: Path) -> Iterator[tuple[TextIO, Callable[[], str], int | None]]:
    """Yield the text of a file, what returns the SHA-256 of what was read, and its size in bytes.

    Raises:
        InvalidInput: if standard input is wanted and closed.
        InputOutputFailed: if the file cannot be opened.
    """
    with ExitStack() as stack:
        if file == STREAM:
            if not isinstance(sys.stdin, io.TextIOWrapper):
                raise InvalidInput("Standard input is closed.")
            binary, size = sys.stdin.buffer, None
        else:
            try:
                binary = stack.enter_context(file.open("rb"))
            except OSError as error:
                raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error
            size = _size(binary)
        hashed = HashedInput(binary)
        text = io.TextIOWrapper(io.BufferedReader(hashed), **TEXT)
        yield text, hashed.hexdigest, size
        # Whoever opened the stream closes it.
        text.detach()


def _size(binary: io.BufferedReader) -> int | None:
    """Return how many bytes there are to read, if anybody knows."""
    status = os.fstat(binary.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


class HashedInput(io.RawIOBase):
    """Passes bytes on, and takes their SHA-256 on the way.

    Args:
        source: where they come from.
    """

    def __init__(self, source: io.RawIOBase | io.BufferedIOBase) -> None:
        self._source = source
        self._hash = sha256()
        self._position = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes."""
        count = self._source.readinto(buffer)
        if count:
            self._hash.update(memoryview(buffer)[:count])
            self._position += count
        return count

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._position

    def hexdigest(self) -> str:
        """Return the SHA-256 of what was read so far."""
        return self._hash.hexdigest()
