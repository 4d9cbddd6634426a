"""Rows that are kept on disk because they may not fit into memory."""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any, Generic, TypeVar
from weakref import finalize

T = TypeVar("T", bound=tuple[Any, ...])

IN_MEMORY_BYTES = 16 * 2**20


class Spool(Generic[T]):
    """Chunks of rows that are written once and can be read repeatedly.

    The file has no name, so that no other process can open it, and it disappears however this
    process ends.

    Args:
        make: builds a row from its values.
    """

    def __init__(self, make: Callable[[Iterable[Any]], T]) -> None:
        self._make = make
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
        finalize(self, self._file.close)
        self.rows = 0

    def append(self, chunk: Sequence[T]) -> None:
        """Add a chunk.

        Raises:
            OSError: if the disk is full.
        """
        if chunk:
            # A plain tuple takes a third of the time of a named one.
            plain = [tuple(row) for row in chunk]
            pickle.dump(plain, self._file, pickle.HIGHEST_PROTOCOL)
            self.rows += len(chunk)

    def chunks(self) -> Iterator[Sequence[T]]:
        """Yield the chunks in the order in which they were added."""
        end = self._file.tell()
        position = 0
        while position < end:
            self._file.seek(position)
            # Only this object can have written the file.
            chunk = pickle.load(self._file)  # noqa: S301
            position = self._file.tell()
            yield [self._make(values) for values in chunk]
        self._file.seek(end)

    def __iter__(self) -> Iterator[T]:
        for chunk in self.chunks():
            yield from chunk
