"""Opens files of records, or standard input, and computes their SHA-256 while they are read."""

import io
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.formats.encoding import LONGEST_MARK, UNDECODABLE, detect_encoding
from userctl.formats.file_format import STREAM

PIECE = 2**16
"""How many bytes are read at once."""

Source = tuple[TextIO, Callable[[], str], int | None]
"""The text, a function that returns the SHA-256 of what was read so far, and the size of the file
in bytes if it is known."""


@contextmanager
def open_source(*files: Path, encoding: str | None = None) -> Iterator[Source]:
    """Open a file of records, or several that are read as one.

    Args:
        files: the files; ``-`` is standard input.
        encoding: their encoding; None detects it from the first bytes.

    Raises:
        InvalidInput: if standard input is requested but closed, or there is no such encoding.
        InputOutputFailed: if a file cannot be opened.
    """
    sizes = [*map(_size, files)]
    binary = HashedInput(_JoinedFiles(files))
    text = io.TextIOWrapper(
        io.BufferedReader(binary),
        encoding=detect_encoding(binary.look_ahead(LONGEST_MARK), encoding),
        errors=UNDECODABLE,
        newline="",
    )
    yield text, binary.hexdigest, None if None in sizes else sum(filter(None, sizes))
    # The stream stays open for its owner, who closes it.
    text.detach()


def _size(file: Path) -> int | None:
    """Return the size of a regular file; None for a pipe or a device."""
    if file == STREAM:
        return None
    with _translate_read_errors(file):
        status = file.stat()
    return status.st_size if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _translate_read_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error


def _pieces(files: Sequence[Path]) -> Generator[bytes, None, None]:
    """Yield the bytes of files, each beginning on a new line."""
    for position, file in enumerate(files):
        with ExitStack() as stack:
            if file != STREAM:
                with _translate_read_errors(file):
                    binary = stack.enter_context(file.open("rb"))
            elif isinstance(sys.stdin, io.TextIOWrapper):
                binary = sys.stdin.buffer
            else:
                raise InvalidInput("Standard input is closed.")
            if position:
                yield b"\n" + binary.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
            while piece := binary.read1(PIECE):
                yield piece


class _JoinedFiles(io.RawIOBase):
    """Reads files one after the other."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._pieces = _pieces(files)
        self._piece = memoryview(b"")

    def readinto(self, buffer: Any) -> int:
        """Read some bytes."""
        if not self._piece:
            self._piece = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._piece))
        buffer[:count], self._piece = self._piece[:count], self._piece[count:]
        return count

    def close(self) -> None:
        """Close the file that is being read."""
        self._pieces.close()
        super().close()


class HashedInput(io.RawIOBase):
    """Passes bytes on and computes their SHA-256 on the way.

    Args:
        source: the stream to read.
    """

    def __init__(self, source: io.RawIOBase | io.BufferedIOBase) -> None:
        self._source = source
        self._hash = sha256()
        self._position = 0
        self._lookahead = b""

    def look_ahead(self, count: int) -> bytes:
        """Return the first bytes, fewer only at the end of the stream, before any is read."""
        self._lookahead = self._source.read(count) or b""
        return self._lookahead

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes."""
        if self._lookahead:
            count: int | None = len(self._lookahead)
            buffer[:count], self._lookahead = self._lookahead, b""
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
