"""The connection of the driver to an SQLite file."""

import sqlite3


class SQLiteConnection(sqlite3.Connection):
    """A connection that remembers what SQLite would take as long as a query to be told or asked."""

    _milliseconds: float | None = None
    _writes_ahead = False

    def wait_at_most(self, milliseconds: float) -> None:
        """Let each statement from now on wait for a lock for so long."""
        if milliseconds != self._milliseconds:
            self.execute(f"PRAGMA busy_timeout = {milliseconds}")
            self._milliseconds = milliseconds

    @property
    def writes_ahead(self) -> bool:
        """Whether changes go to a write-ahead log, so that a commit waits for no reader.

        While one connection is open, no other can switch that off
        (https://sqlite.org/pragma.html#pragma_journal_mode).
        """
        if not self._writes_ahead:
            self._writes_ahead = self.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        return self._writes_ahead
