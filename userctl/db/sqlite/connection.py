"""The connection of the driver to an SQLite file."""

import sqlite3


class SQLiteConnection(sqlite3.Connection):
    """A connection that remembers settings, because asking SQLite takes as long as a query."""

    _milliseconds: float | None = None
    _writes_ahead = False

    def wait_at_most(self, milliseconds: float) -> None:
        """Limit how long each later statement waits for a lock."""
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
