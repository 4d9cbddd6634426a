"""Keeps userctl from waiting for the disk where it runs in a process of the tests.

Waiting protects against a power failure. What a killed process has written, the system keeps.
"""

import os
import sqlite3
from contextlib import suppress

from userctl.db import engine


def skip_disk_sync() -> None:
    """Make neither files nor commits on SQLite wait for the disk."""
    os.fsync = lambda _: None  # type: ignore[assignment]
    enlarge = engine._enlarge_cache

    def enlarge_and_switch_off(connection: sqlite3.Connection) -> None:
        enlarge(connection)
        # It reads the schema, which another process may have locked.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA synchronous = OFF")

    engine._enlarge_cache = enlarge_and_switch_off
