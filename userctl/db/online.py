"""Long work in short transactions, beside others who want to write."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.failures import typed_failures

HOLD_SECONDS = 0.06
"""How long a transaction on SQLite should keep others from writing."""

GAP_SECONDS = 0.025
"""How long SQLite is then left to others. Who waits there looks again after 25 ms at the most, as
long as 0.1 s are not over, so that everybody gets a turn between two transactions."""

FIRST_SIZE = 200
LARGEST_LOG_PAGES = 65_536
"""How many pages the write-ahead log may have before it is brought into the file: 256 MiB. Most of
what is deleted at random places is then written once, not again after each transaction."""


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
        """Note how long a transaction took; return how long to rest now, in seconds."""
        if self._adapts and rows >= self.size // 2:
            factor = min(2.0, max(0.5, HOLD_SECONDS / max(seconds, 1e-6)))
            self.size = min(self._largest, max(1, round(self.size * factor)))
        begun = time.monotonic()
        self._make_way()
        return self.gap - (time.monotonic() - begun)


@contextmanager
def online(engine: Engine, *, largest: int, gap: float | None) -> Iterator[Pace]:
    """Prepare for a long series of transactions.

    Args:
        engine: the database.
        largest: the most rows in one transaction.
        gap: seconds between two transactions; None for what the database needs.
    """
    if engine.dialect.name != "sqlite":
        yield Pace(lambda: None, largest=largest, gap=gap or 0, adapts=False)
        return
    with _cursor(engine) as reader:
        # The pool hands the second connection out again and again, there is no need for a third.
        with _cursor(engine) as writer:
            _speed_up(writer)
        log = _Log(engine, reader)
        gap = GAP_SECONDS if gap is None else gap
        try:
            yield Pace(log.empty_if_long, largest=largest, gap=gap, adapts=True)
        finally:
            log.empty()
    # The settings go with the connections.
    engine.dispose()


def _speed_up(writer: DBAPICursor) -> None:
    """Let a connection change large indexes fast.

    Its COMMIT waits for no disk, so that the file is locked for a shorter time: the database stays
    whole in a power cut, but the last deletions may have to be made again.
    """
    writer.execute("PRAGMA synchronous = NORMAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    # What is deleted is overwritten where its page is written anyway: it is no secret.
    writer.execute("PRAGMA secure_delete = FAST")


class _Log:
    """The write-ahead log of SQLite, which is brought into the file seldom, and by us.

    Whoever finds it long brings it in within his own COMMIT, which takes seconds after large
    changes. But nobody can bring in what is newer than what somebody still reads. So we read,
    until it is time, and then bring it in while nobody is kept from writing.
    """

    def __init__(self, engine: Engine, reader: DBAPICursor) -> None:
        self._engine = engine
        self._reader = reader
        self._read()

    def empty_if_long(self) -> None:
        """Empty the log if it has grown long."""
        with _cursor(self._engine) as writer:
            long = _checkpoint(writer, "PASSIVE") > LARGEST_LOG_PAGES
        if long:
            self.empty()
            self._read()

    def empty(self) -> None:
        """Bring the log into the file and begin it anew.

        It begins anew only if all was brought in, which those prevent who write meanwhile. The
        second and third attempt have little to do, and so the last, which does keep others from
        writing, has next to nothing.
        """
        self._reader.execute("ROLLBACK")
        with _cursor(self._engine) as writer:
            for _ in range(3):
                _checkpoint(writer, "PASSIVE")
            writer.execute("PRAGMA busy_timeout = 50")
            _checkpoint(writer, "RESTART")
            writer.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")

    def _read(self) -> None:
        self._reader.execute("BEGIN")
        self._reader.execute("SELECT count(*) FROM userctl_version")
        self._reader.fetchall()


def _checkpoint(writer: DBAPICursor, mode: str) -> int:
    """Bring in what can be, and return how many pages the log has."""
    writer.execute(f"PRAGMA wal_checkpoint({mode})")
    _, pages, _ = writer.fetchone() or (0, 0, 0)
    return int(pages)


@contextmanager
def _cursor(engine: Engine) -> Iterator[DBAPICursor]:
    with typed_failures():
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            yield cursor
            cursor.close()
        finally:
            connection.close()
