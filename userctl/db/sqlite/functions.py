"""Functions that statements of userctl use on SQLite.

Built-in functions stay as they are: an index of the application may use them.
"""

import sqlite3
from hashlib import sha256

from userctl.core.text import fold

SqlValue = str | bytes | int | float | None


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions to a connection."""
    # The built-in lower() handles ASCII only.
    connection.create_function("userctl_fold", 1, _fold, deterministic=True)
    connection.create_function("userctl_sha256", 1, _sha256, deterministic=True)


def _fold(value: SqlValue) -> SqlValue:
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return fold(text) if isinstance(text, str) else text


def _sha256(value: SqlValue) -> str:
    content = value if isinstance(value, bytes) else str(value).encode()
    return sha256(content).hexdigest()
