"""Long work in short transactions, beside others who want to write."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine

from userctl.db.errors import typed_failures
from userctl.db.sqlite.wal import long_log

HOLD_SECONDS = 0.06
"""How long a transaction on SQLite should keep others from writing."""

GAP_SECONDS = 0.025
"""How long SQLite is then left to others. Who waits there looks again after 25 ms at the most, as
long as 0.1 s are not over, so that everybody gets a turn between two transactions."""

FIRST_SIZE = 200


class BatchPacer:
    """How large the next transaction may be, and when it may begin.

    PostgreSQL locks single rows, so there the size never changes and nobody has to be let by. An
    SQLite file has one writer at a time: the size follows from how long the last one took.

    Args:
        make_way: lets others by after a transaction.
        largest: the most rows in one transaction.
        gap: how long to rest between two, in seconds, at the least.
        adapts: whether the size follows the time.
    """

    def __init__(
        self, make_way: Callable[[], object], *, largest: int, gap: float, adapts: bool
    ) -> None:
        self.gap = gap
        self.size = min(largest, FIRST_SIZE) if adapts else largest
        self._make_way = make_way
        self._largest = largest
        self._adapts = adapts

    def record(self, rows: int, seconds: float) -> float:
        """Note how long a transaction took; return how long to rest now, in seconds."""
        if self._adapts and rows >= self.size // 2:
            factor = min(2.0, max(0.5, HOLD_SECONDS / max(seconds, 1e-6)))
            self.size = min(self._largest, max(1, round(self.size * factor)))
        begun = time.monotonic()
        self._make_way()
        return self.gap - (time.monotonic() - begun)


@contextmanager
def online(engine: Engine, *, largest: int, gap: float | None) -> Iterator[BatchPacer]:
    """Prepare for a long series of transactions.

    Args:
        engine: the database.
        largest: the most rows in one transaction.
        gap: seconds between two transactions; None for what the database needs.
    """
    if engine.dialect.name != "sqlite":
        yield BatchPacer(lambda: None, largest=largest, gap=gap or 0, adapts=False)
        return
    gap = GAP_SECONDS if gap is None else gap
    try:
        _speed_up(engine)
        with long_log(engine) as log:
            yield BatchPacer(log.checkpoint_if_large, largest=largest, gap=gap, adapts=True)
    finally:
        # The settings go with the connections.
        engine.dispose()


def _speed_up(engine: Engine) -> None:
    """Let the connection that the pool hands out again and again change large indexes fast.

    Its COMMIT waits for no disk, so that the file is locked for a shorter time: the database stays
    whole in a power cut, but the last deletions may have to be made again.
    """
    with typed_failures(), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        # What is deleted is overwritten where its page is written anyway: it is no secret.
        cursor.execute("PRAGMA secure_delete = FAST")
        cursor.close()
