"""Opens a file of records, or standard input, and takes its SHA-256 while it is read."""

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
from userctl.formats.encoding import LONGEST_MARK, UNDECODABLE, detect_encoding
from userctl.formats.file_format import STREAM

Source = tuple[TextIO, Callable[[], str], int | None]
"""The text, a function that returns the SHA-256 of what was read so far, and the size of the file
in bytes if it is known."""


@contextmanager
def open_source(file: Path, encoding: str | None = None) -> Iterator[Source]:
    """Open a file of records, or standard input.

    Args:
        file: the file; ``-`` is standard input.
        encoding: its encoding; None to find out from its first bytes.

    Raises:
        InvalidInput: if standard input is asked for and closed, or there is no such encoding.
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
        buffered = io.BufferedReader(hashed)
        text = io.TextIOWrapper(
            buffered,
            encoding=detect_encoding(hashed.look_ahead(LONGEST_MARK), encoding),
            errors=UNDECODABLE,
            newline="",
        )
        yield text, hashed.hexdigest, size
        # The stream stays open for its owner, who closes it.
        text.detach()


def _size(binary: io.BufferedReader) -> int | None:
    """Return the size of a regular file; None for a pipe or a device."""
    status = os.fstat(binary.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


class HashedInput(io.RawIOBase):
    """Passes bytes on and takes their SHA-256 on the way.

    Args:
        source: the stream to read.
    """

    def __init__(self, source: io.RawIOBase | io.BufferedIOBase) -> None:
        self._source = source
        self._hash = sha256()
        self._position = 0
        self._ahead = b""

    def look_ahead(self, count: int) -> bytes:
        """Return the first bytes, fewer only at the end of the stream, before any is read."""
        self._ahead = self._source.read(count) or b""
        return self._ahead

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes."""
        if self._ahead:
            count: int | None = len(self._ahead)
            buffer[:count], self._ahead = self._ahead, b""
        else:
            count = self._source.readinto(buffer)
        if count:
            self._hash.update(memoryview(buffer)[:count])
            self._position += count
        return count

    def tell(self) -> int:
        """Return the number of bytes read so far."""
        return self._position

    def hexdigest(self) -> str:
        """Return the SHA-256 of the bytes read so far."""
        return self._hash.hexdigest()
