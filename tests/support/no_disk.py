"""Lets nothing wait until the disk has it, where userctl runs in a process of the tests.

That matters when the power fails. What a killed process has written, the system has.
"""

import os
import sqlite3
from contextlib import suppress

from userctl.db import engine


def skip_disk_sync() -> None:
    """Let neither files nor commits on SQLite wait for the disk."""
    os.fsync = lambda _: None  # type: ignore[assignment]
    enlarge = engine._enlarge_cache

    def enlarge_and_switch_off(connection: sqlite3.Connection) -> None:
        enlarge(connection)
        # It reads the schema, which another process may have locked.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA synchronous = OFF")

    engine._enlarge_cache = enlarge_and_switch_off
