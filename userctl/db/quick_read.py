"""Reads a few rows with nothing but the driver: no engine, no waiting, and no file created."""

import os
import re
import sqlite3
import stat
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from userctl.config.database_url import DatabaseURL

LONGEST_SECONDS = 0.1
"""How long a statement may take."""

Rows = list[tuple[Any, ...]]
_HEADER = b"SQLite format 3\0"
_WAL = 2
_STEPS = 2000
"""How many steps of its virtual machine SQLite takes before it looks at the clock again."""


def quick_rows(url: DatabaseURL, statement: str, values: Mapping[str, str]) -> Rows:
    """Return the rows of a statement with named parameters.

    Raises:
        Exception: whatever the driver raises, and OSError; the caller can do without the rows.
    """
    if url.sqlite_path is not None:
        return _sqlite_rows(url.sqlite_path, statement, values)
    return _postgresql_rows(url.secret, statement, values)


def _sqlite_rows(path: Path, statement: str, values: Mapping[str, str]) -> Rows:
    address = f"file://{quote(os.fsencode(path.absolute()))}?{_open_parameters(path)}"
    with closing(sqlite3.connect(address, uri=True, timeout=0)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        end = time.monotonic() + LONGEST_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        return connection.execute(statement, values).fetchall()


def _open_parameters(path: Path) -> str:
    """Return how to open a database without leaving a file beside it.

    In WAL mode a reader creates the log and its index if they are missing. Without a log, all is in
    the database itself, which no other process is changing.

    Raises:
        OSError: if the file is not a database, or cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    with path.open("rb") as file:
        header = file.read(20)
    if not header.startswith(_HEADER):
        raise OSError("not a database")
    sidecars = (path.with_name(f"{path.name}{end}").exists() for end in ("-wal", "-shm"))
    return "mode=ro" if header[18] != _WAL or all(sidecars) else "immutable=1"


def _postgresql_rows(address: str, statement: str, values: Mapping[str, str]) -> Rows:
    import psycopg  # noqa: PLC0415

    milliseconds = round(LONGEST_SECONDS * 1000)
    limits = (
        f"SET LOCAL statement_timeout = {milliseconds}; SET LOCAL lock_timeout = {milliseconds}"
    )
    # PgBouncer keeps no statement prepared from one transaction to the next.
    with psycopg.connect(address, prepare_threshold=None) as connection:
        connection.read_only = True
        connection.execute(limits)
        text = re.sub(r":([a-z]+)", r"%(\1)s", statement)
        return connection.execute(cast("Any", text), values).fetchall()
