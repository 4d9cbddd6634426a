"""Keeps the write-ahead log of an SQLite file out of the way of those who write to it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from userctl.db.engine import connect_sqlite
from userctl.db.errors import typed_failures
from userctl.db.lock import sqlite_file

LONGEST_PAGES = 262_144
"""How many pages the log may have before it is brought into the file: 1 GiB. Of what is changed at
random places most is then written once, not again after each transaction."""


class WriteAheadLog:
    """The log of a file that much is written to, brought in seldom, and by us.

    Whoever finds it long brings it in within his own COMMIT, which takes seconds after large
    changes. But nobody can bring in what is newer than what somebody still reads. So we always
    read, and when it is time read a later state, and bring in what is older, which keeps nobody
    from writing.
    """

    def __init__(self, path: Path) -> None:
        self._own, self._reader, self._next = (connect_sqlite(path) for _ in range(3))
        _read(self._reader)

    def checkpoint_if_large(self) -> None:
        """Empty the log if it has grown long."""
        if _checkpoint(self._own) > LONGEST_PAGES:
            self.empty()

    def empty(self) -> None:
        """Bring the log into the file, so that the next to write begins it anew.

        What others write meanwhile is left over. So each attempt has less to do than the one
        before it, and the last, at which we read nothing, has next to nothing.
        """
        for _ in range(3):
            _read(self._next)
            self._reader.execute("ROLLBACK")
            self._reader, self._next = self._next, self._reader
            _checkpoint(self._own)
        self._reader.execute("ROLLBACK")
        _checkpoint(self._own)
        _read(self._reader)

    def close(self) -> None:
        """Stop reading."""
        for connection in (self._reader, self._next, self._own):
            connection.close()


@contextmanager
def long_log(engine: Engine) -> Iterator[WriteAheadLog]:
    """Let the log of a file grow long meanwhile, and empty it at the end."""
    with typed_failures():
        log = WriteAheadLog(sqlite_file(engine))
        try:
            yield log
            log.empty()
        finally:
            log.close()


def _read(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM userctl_version").fetchall()


def _checkpoint(connection: sqlite3.Connection) -> int:
    """Bring in what can be without waiting for anybody, and return how many pages the log has."""
    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
