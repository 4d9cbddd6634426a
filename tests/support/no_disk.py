"""Lets nothing wait until the disk has it, where userctl runs in a process of the tests.

That matters when the power fails. What a killed process has written, the system has.
"""

import os
import sqlite3
from typing import Any

from sqlalchemy import Engine, event


def wait_for_no_disk() -> None:
    """Let neither files nor commits on SQLite wait for the disk."""
    os.fsync = lambda _: None  # type: ignore[assignment]
    event.listen(Engine, "connect", _switch_off)


def _switch_off(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")
