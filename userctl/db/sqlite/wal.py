"""The write-ahead log (WAL) of an SQLite file."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from userctl.core.errors import DiskFull
from userctl.db.engine import LOCK_TURN_MILLISECONDS, connect_sqlite, retry_while_busy
from userctl.db.errors import translate_errors
from userctl.db.lock import sqlite_file

LARGE_LOG_BYTES = 224 * 2**20
"""The log is checkpointed when it is larger than this. Pages that change again and again are then
written to the file once, not after each transaction. A last transaction, and what
others write meanwhile, may still be added before the log reaches the documented 256 MiB."""


def enable_wal(engine: Engine) -> None:
    """Switch an SQLite file to write-ahead logging, so that readers and writers do not wait."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # The journal mode cannot change inside a transaction, and the file keeps it.
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            retry_while_busy(lambda: _set_wal(cursor))
        cursor.close()
    finally:
        connection.close()


def checkpoint_all(engine: Engine) -> None:
    """Checkpoint the whole write-ahead log, so that the file alone is complete."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Closing would do the same, but without an error if the disk is full.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if cursor.fetchone() != (0, 0, 0):
            raise DiskFull("The new database could not be written completely.")
        cursor.close()
    finally:
        connection.close()


def _set_wal(cursor: DBAPICursor) -> None:
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        # SQLite does not wait for this lock, whatever the busy timeout is.
        time.sleep(LOCK_TURN_MILLISECONDS / 1000)
        raise


class _Checkpoint(NamedTuple):
    """The result of a checkpoint.

    Attributes:
        busy: whether others kept it from doing all that its mode requires.
        pages: how many pages the log has.
        pages_done: how many of them are in the file by now.
    """

    busy: bool
    pages: int
    pages_done: int


class WriteAheadLog:
    """The log during long work on a file: checkpointed rarely, and only by this process.

    Without this, any process that finds the log large checkpoints it inside its own COMMIT, which
    can take seconds. A checkpoint stops at the oldest state that is still being read. So this class
    always holds a reader open, moves it to a newer state from time to time, and checkpoints up to
    there itself, which does not block writers.
    """

    def __init__(self, path: Path) -> None:
        self._checkpointer, self._reader, self._next_reader = (
            connect_sqlite(path) for _ in range(3)
        )
        # Our checkpoints never wait.
        self._checkpointer.wait_at_most(0)
        [page_size] = self._checkpointer.execute("PRAGMA page_size").fetchone()
        self._large_pages = LARGE_LOG_BYTES // page_size
        _begin_reading(self._reader)

    def make_room(self) -> bool:
        """Checkpoint the log if it has grown large; return whether more may be written.

        A log that another process keeps reading cannot start anew, and would grow without bounds if
        the work continued.
        """
        return self._checkpoint("PASSIVE").pages <= self._large_pages or self.checkpoint()

    def checkpoint(self) -> bool:
        """Checkpoint the whole log; return whether the next writer starts it from the beginning.

        Each attempt leaves only what was written during it, so each has less to do than the one
        before. The last one runs without our reader and has almost nothing left to do.
        """
        for _ in range(3):
            _begin_reading(self._next_reader)
            self._reader.execute("ROLLBACK")
            self._reader, self._next_reader = self._next_reader, self._reader
            self._checkpoint("PASSIVE")
        self._reader.execute("ROLLBACK")
        can_restart = not self._checkpoint("RESTART").busy
        _begin_reading(self._reader)
        return can_restart

    def _checkpoint(self, mode: str) -> "_Checkpoint":
        return _Checkpoint(*self._checkpointer.execute(f"PRAGMA wal_checkpoint({mode})").fetchone())

    def close(self) -> None:
        """Close the connections, and so stop reading."""
        for connection in (self._reader, self._next_reader, self._checkpointer):
            connection.close()


@contextmanager
def defer_checkpoints(engine: Engine) -> Iterator[WriteAheadLog]:
    """Let the log of a file grow during the block, and checkpoint it at the end."""
    with translate_errors():
        log = WriteAheadLog(sqlite_file(engine))
        try:
            yield log
            log.checkpoint()
        finally:
            log.close()


def _begin_reading(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM userctl_version").fetchall()
