"""Long work in short transactions, beside others who want to write."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, PoolProxiedConnection

from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.failures import typed_failures

HOLD_SECONDS = 0.025
"""How long a transaction on SQLite should take before its COMMIT, which takes about as long."""

GAP_SECONDS = 0.025
"""How long SQLite is then left to others; who waits looks at least that often for 0.1 s."""

FIRST_SIZE = 200
LARGEST_LOG_PAGES = 16_384
CACHE_KIBIBYTES = 65_536


class Pace:
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

    def made(self, rows: int, seconds: float) -> float:
        """Note how long a transaction took before its COMMIT; return how long to rest now."""
        if self._adapts and rows >= self.size // 2:
            factor = min(2.0, max(0.5, HOLD_SECONDS / max(seconds, 1e-6)))
            self.size = min(self._largest, max(1, round(self.size * factor)))
        begun = time.monotonic()
        self._make_way()
        return self.gap - (time.monotonic() - begun)


@contextmanager
def online(engine: Engine, *, largest: int, gap: float | None) -> Iterator[Pace]:
    """Prepare for a long series of transactions.

    On SQLite the connection that the series will use gets a page cache for large indexes. Its
    COMMIT waits for no disk, so that the file is locked for a shorter time: the database stays
    whole in a power cut, but the last deletions may have to be made again. The write-ahead log is
    brought into the file between two transactions, when that keeps nobody from writing; one who
    found a long log would have to do it within his own COMMIT.

    Args:
        engine: the database.
        largest: the most rows in one transaction.
        gap: seconds between two transactions; None for what the database needs.
    """
    if engine.dialect.name != "sqlite":
        yield Pace(lambda: None, largest=largest, gap=gap or 0, adapts=False)
        return
    with typed_failures():
        # The pool hands out the same connection again as long as there is no need for two.
        _on_connection(engine, _speed_up)
    try:
        yield Pace(
            lambda: _on_connection(engine, _empty_log),
            largest=largest,
            gap=GAP_SECONDS if gap is None else gap,
            adapts=True,
        )
    finally:
        # The settings go with the connection.
        engine.dispose()


def _on_connection(engine: Engine, use: Callable[[PoolProxiedConnection], None]) -> None:
    connection = engine.raw_connection()
    try:
        with typed_failures():
            use(connection)
    finally:
        connection.close()


def _speed_up(connection: PoolProxiedConnection) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA wal_autocheckpoint = 0")
    cursor.close()


def _empty_log(connection: PoolProxiedConnection) -> None:
    """Bring the write-ahead log into the file, and begin it anew where others let it grow.

    Only a log that was brought in to its very end begins anew, and one who writes again and again
    keeps it from that. So when it has grown long, writers are held up for a moment: what they
    added meanwhile is little, and the file was just synchronised.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
    _, pages, _ = cursor.fetchone() or (0, 0, 0)
    if pages > LARGEST_LOG_PAGES:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        cursor.execute("PRAGMA busy_timeout = 50")
        cursor.execute("PRAGMA wal_checkpoint(RESTART)")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
    cursor.close()
