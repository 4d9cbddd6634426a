"""Copies of an SQLite database, made and put back while others use it."""

import sqlite3
import time
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from userctl.db.engine import (
    BUSY_TIMEOUT_SECONDS,
    LOCK_TURN_MILLISECONDS,
    connect_sqlite,
    in_turns,
)
from userctl.db.failures import typed_failures
from userctl.errors import DatabaseBusy, DatabaseDamaged, FileExists
from userctl.private_files import draft_of

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
        in_turns(lambda: target.execute("PRAGMA journal_mode = WAL"))


def safety_copy(database: Path, revision: str | None, now: datetime) -> Path:
    """Copy a database beside itself before something is done to it, and return where to.

    Args:
        database: its file.
        revision: where its schema stands, for the name of the copy.
        now: the time, for the name of the copy.
    """
    name = f"{database.name}.{revision or 'unknown'}-{now:%Y%m%dT%H%M%SZ}.backup"
    path = database.with_name(name)
    # One that is there was made by somebody else in the same second.
    with suppress(FileExists), draft_of(path, replace=False) as draft:
        copy_out(database, draft)
    return path


def require_sound(path: Path) -> None:
    """Make sure that a database can be read from end to end, and that all its rows belong together.

    Raises:
        DatabaseDamaged: naming the first thing that is wrong.
    """
    with typed_failures(), closing(_read_only(path)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise DatabaseDamaged(f"{path} is damaged ({found}).")
        if broken := connection.execute("PRAGMA foreign_key_check").fetchone():
            raise DatabaseDamaged(
                f"In {path} row {broken[1]} of {broken[0]} refers to a row of {broken[2]} that is "
                "not there."
            )


def _read_only(path: Path) -> sqlite3.Connection:
    # A backup has no log beside it, and may lie where nothing can be written.
    url = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    return sqlite3.connect(url, uri=True, isolation_level=None)
