"""Paces long work: short transactions, with pauses in which other processes can write."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine

from userctl.db.errors import translate_errors
from userctl.db.sqlite.wal import defer_checkpoints

HOLD_SECONDS = 0.06
"""How long a transaction on SQLite should block other writers."""

GAP_SECONDS = 0.025
"""The pause after each transaction on SQLite. A waiting writer tries again at least every 25 ms
during its first 0.1 s, so each gets a turn between two transactions."""

FIRST_SIZE = 200


class BatchPacer:
    """Decides how large the next batch may be, and how long to pause before it.

    PostgreSQL locks single rows, so the size stays the same and no pause is needed. An SQLite file
    has one writer at a time, so the size is adapted to the time of the last batch.

    Args:
        make_room: called after each batch; returns whether there is room for another.
        largest: the most rows in one batch.
        gap: the shortest pause between two batches, in seconds.
        adapts: whether the size is adapted to the time.
    """

    def __init__(
        self, make_room: Callable[[], bool], *, largest: int, gap: float, adapts: bool
    ) -> None:
        self.gap = gap
        self.size = min(largest, FIRST_SIZE) if adapts else largest
        self._make_room = make_room
        self._has_room = True
        self._largest = largest
        self._adapts = adapts

    def record(self, rows: int, seconds: float) -> float:
        """Record how long a batch took, and return the pause before the next, in seconds."""
        if self._adapts and rows >= self.size // 2:
            factor = min(2.0, max(0.5, HOLD_SECONDS / max(seconds, 1e-6)))
            self.size = min(self._largest, max(1, round(self.size * factor)))
        start = time.monotonic()
        self._has_room = self._make_room()
        return self.gap - (time.monotonic() - start)

    def make_room(self) -> bool:
        """Return whether there is room for another batch, after trying to make it."""
        self._has_room = self._has_room or self._make_room()
        return self._has_room


@contextmanager
def pace_batches(engine: Engine, *, largest: int, gap: float | None) -> Iterator[BatchPacer]:
    """Prepare a database for a long series of batches, and yield their pacer.

    Args:
        engine: the database.
        largest: the most rows in one batch.
        gap: seconds between two batches; None for the default of the dialect.
    """
    if engine.dialect.name != "sqlite":
        yield BatchPacer(lambda: True, largest=largest, gap=gap or 0, adapts=False)
        return
    gap = GAP_SECONDS if gap is None else gap
    try:
        _speed_up_connection(engine)
        with defer_checkpoints(engine) as log:
            yield BatchPacer(log.make_room, largest=largest, gap=gap, adapts=True)
    finally:
        # The settings of _speed_up_connection end with the connections.
        engine.dispose()


def _speed_up_connection(engine: Engine) -> None:
    """Make the pooled connection, which every batch uses, change large indexes fast.

    Its COMMIT does not wait for the disk, so the file is locked for a shorter time. A power cut
    cannot damage the database, but the last deletions may have to be repeated.
    """
    with translate_errors(), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        # Deleted rows are overwritten only on pages that are written anyway: they are not secret.
        cursor.execute("PRAGMA secure_delete = FAST")
        cursor.close()
