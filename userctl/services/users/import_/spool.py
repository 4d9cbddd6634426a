"""Rows that wait on disk, because there may be more of them than memory."""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any, Generic, TypeVar
from weakref import finalize

T = TypeVar("T", bound=tuple[Any, ...])

IN_MEMORY_BYTES = 16 * 2**20


class Spool(Generic[T]):
    """A sequence of chunks of rows, written once and read as often as it is wanted.

    Its file has no name, so that nobody else can read it and nothing is left behind, however this
    process ends.

    Args:
        make: makes a row of its values.
    """

    def __init__(self, make: Callable[[Iterable[Any]], T]) -> None:
        self._make = make
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
        finalize(self, self._file.close)
        self.rows = 0

    def append(self, chunk: Sequence[T]) -> None:
        """Add a chunk.

        Raises:
            OSError: if the disk takes no more.
        """
        if chunk:
            # A plain tuple is written in a third of the time that one with names takes.
            plain = [tuple(row) for row in chunk]
            pickle.dump(plain, self._file, pickle.HIGHEST_PROTOCOL)
            self.rows += len(chunk)

    def chunks(self) -> Iterator[Sequence[T]]:
        """Yield the chunks as they were added."""
        end = self._file.tell()
        position = 0
        while position < end:
            self._file.seek(position)
            # Nobody but this object can have written the file.
            chunk = pickle.load(self._file)  # noqa: S301
            position = self._file.tell()
            yield [self._make(values) for values in chunk]
        self._file.seek(end)

    def __iter__(self) -> Iterator[T]:
        for chunk in self.chunks():
            yield from chunk
