"""Copies of an SQLite database, made and put back while others use it."""

import os
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from userctl.core.atomic_files import atomic_file
from userctl.core.errors import DatabaseBusy, DatabaseDamaged, InvalidInput
from userctl.db.engine import (
    BUSY_TIMEOUT_SECONDS,
    LOCK_TURN_MILLISECONDS,
    connect_sqlite,
    retry_while_busy,
)
from userctl.db.errors import typed_failures

MAGIC = b"SQLite format 3\0"
"""What each SQLite database begins with (SQLite, Database File Format, section 1.3)."""

PAGES = 4096
"""How many pages are copied before a signal may be noticed."""


def copy_out(database: Path, copy: Path) -> None:
    """Copy a database as it is at one moment into an empty file, while others write to it.

    The copy needs no log beside it, so that it is one file.
    """
    with typed_failures(), closing(connect_sqlite(database)) as source:
        # A copy that others changed under its hands would begin anew; we keep to what we read now.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        with closing(connect_sqlite(copy)) as target:
            source.backup(target, pages=PAGES)
            target.execute("PRAGMA journal_mode = DELETE")


def copy_in(copy: Path, database: Path) -> None:
    """Put the content of a copy in the place of what a database holds, in one transaction.

    Others who have the database open see what it held before, or what it holds now.

    Raises:
        DatabaseBusy: if others held it for too long.
    """
    end = time.monotonic() + BUSY_TIMEOUT_SECONDS

    def give_up(status: int, _remaining: int, _total: int) -> None:
        # The driver by itself would wait for ever, and let no signal through.
        if status == sqlite3.SQLITE_BUSY and time.monotonic() > end:
            raise DatabaseBusy("The database stayed locked by another process.")

    with (
        typed_failures(),
        closing(_read_only(copy)) as source,
        closing(connect_sqlite(database)) as target,
    ):
        target.execute(f"PRAGMA busy_timeout = {LOCK_TURN_MILLISECONDS}")
        source.backup(target, progress=give_up)
        retry_while_busy(lambda: target.execute("PRAGMA journal_mode = WAL"))


def safety_copy(database: Path, revision: str | None, now: datetime) -> Path:
    """Copy a database beside itself before something is done to it, and return where to.

    Args:
        database: its file.
        revision: where its schema stands, for the name of the copy.
        now: the time, for the name of the copy.
    """
    name = f"{database.name}.{revision or 'unknown'}-{now:%Y%m%dT%H%M%S.%fZ}.backup"
    path = database.with_name(name)
    with atomic_file(path, replace=False) as draft:
        copy_out(database, draft)
    return path


def tables(path: Path) -> set[str]:
    """Return the names of the tables of a database."""
    with typed_failures(), closing(_read_only(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def require_same_pages(copy: Path, database: Path) -> None:
    """Make sure that a copy can be put in the place of what a database holds.

    Raises:
        InvalidInput: if the pages of one are larger, which a database in use cannot change.
    """
    with (
        typed_failures(),
        closing(_read_only(copy)) as one,
        closing(connect_sqlite(database)) as other,
    ):
        sizes = [file.execute("PRAGMA page_size").fetchone() for file in (one, other)]
    if sizes[0] != sizes[1]:
        raise InvalidInput(
            f"{copy} has pages of {sizes[0][0]} bytes, the database of {sizes[1][0]}.",
            hint="Move the database out of the way, and restore again.",
        )


def require_sound(path: Path) -> None:
    """Make sure that a copy can be read from end to end.

    Raises:
        DatabaseDamaged: naming the first thing that is wrong.
    """
    with typed_failures(), closing(_read_only(path)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise DatabaseDamaged(f"The database is damaged ({found}).")


def _read_only(path: Path) -> sqlite3.Connection:
    # A backup has no log beside it, and may lie where nothing can be written.
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise InvalidInput(
            f"Beside {path} lies a log with changes that are not in it.",
            hint="Take a file that 'userctl db backup' wrote.",
        )
    url = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
    return sqlite3.connect(url, uri=True, isolation_level=None)
