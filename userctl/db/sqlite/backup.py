"""Copies of an SQLite database, made and restored while other processes use it."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from userctl.core.atomic_files import atomic_file, temporary_prefix
from userctl.core.errors import DatabaseBusy, DatabaseDamaged, InvalidInput
from userctl.core.scratch_folder import scratch_folder
from userctl.db.engine import (
    BUSY_TIMEOUT_SECONDS,
    LOCK_TURN_MILLISECONDS,
    connect_sqlite,
    retry_while_busy,
)
from userctl.db.errors import translate_errors

MAGIC = b"SQLite format 3\0"
"""The first bytes of every SQLite database (SQLite, Database File Format, section 1.3)."""

PAGES = 4096
"""How many pages are copied before Python can handle a signal."""


def copy_out(database: Path, copy: Path) -> None:
    """Copy a snapshot of a database into an empty file, while other processes write to it.

    The copy is a single file, without a write-ahead log.
    """
    with translate_errors(), closing(connect_sqlite(database)) as source:
        # Without a snapshot, the copy would start again whenever another process writes.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        with closing(connect_sqlite(copy)) as target:
            source.backup(target, pages=PAGES)
            target.execute("PRAGMA journal_mode = DELETE")


def copy_in(copy: Path, database: Path) -> None:
    """Replace the content of a database with that of a copy, in one transaction.

    Other processes that have the database open see the old content or the new.

    Raises:
        DatabaseBusy: if other processes hold it for too long.
    """
    end = time.monotonic() + BUSY_TIMEOUT_SECONDS

    def give_up(status: int, _remaining: int, _total: int) -> None:
        # By itself the driver would wait forever, and handle no signal.
        if status == sqlite3.SQLITE_BUSY and time.monotonic() > end:
            raise DatabaseBusy("The database stayed locked by another process.")

    with (
        translate_errors(),
        closing(open_read_only(copy)) as source,
        closing(connect_sqlite(database)) as target,
    ):
        target.wait_at_most(LOCK_TURN_MILLISECONDS)
        source.backup(target, progress=give_up)
        retry_while_busy(lambda: target.execute("PRAGMA journal_mode = WAL"))


@contextmanager
def prepared_copy(copy: Path, database: Path) -> Iterator[Path]:
    """Yield a second copy, beside the database, that may be changed before it replaces anything.

    Only the owner can read it, and it is removed when the block ends.
    """
    with scratch_folder(database.parent, temporary_prefix(database)) as folder:
        path = folder / database.name
        path.touch(0o600)
        copy_in(copy, path)
        yield path


def create_safety_copy(database: Path, revision: str | None, now: datetime) -> Path:
    """Copy a database beside itself before a risky change, and return the path of the copy.

    Args:
        database: its file.
        revision: the revision of its schema, for the name of the copy.
        now: the time, for the name of the copy.
    """
    name = f"{database.name}.{revision or 'unknown'}-{now:%Y%m%dT%H%M%S.%fZ}.backup"
    path = database.with_name(name)
    with atomic_file(path, replace=False) as temporary:
        copy_out(database, temporary)
    return path


def tables(path: Path) -> set[str]:
    """Return the names of the tables of a database."""
    with translate_errors(), closing(open_read_only(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def require_same_pages(copy: Path, database: Path) -> None:
    """Make sure that a copy has the page size of a database, so that it can replace the content.

    Raises:
        InvalidInput: if it has another one, which a database in use cannot adopt.
    """
    with (
        translate_errors(),
        closing(open_read_only(copy)) as source,
        closing(connect_sqlite(database)) as target,
    ):
        sizes = [file.execute("PRAGMA page_size").fetchone() for file in (source, target)]
    if sizes[0] != sizes[1]:
        raise InvalidInput(
            f"{copy} has pages of {sizes[0][0]} bytes, the database has pages of {sizes[1][0]}.",
            hint="Move the database file away, and restore again.",
        )


def require_sound(path: Path) -> None:
    """Make sure that a copy can be read from end to end.

    Raises:
        DatabaseDamaged: with the first problem.
    """
    with translate_errors(), closing(open_read_only(path)) as connection:
        result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if result != "ok":
            raise DatabaseDamaged(f"The database is damaged ({result}).")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Return a connection to a backup that leaves the backup as it is.

    Raises:
        InvalidInput: if a log beside it has changes that are not in it.
    """
    # A backup has no log, and may be on a read-only disk.
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise InvalidInput(
            f"{path} is incomplete: {log.name} contains changes that are not in it.",
            hint="Use a file that 'userctl db backup' wrote.",
        )
    url = f"file://{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
    return sqlite3.connect(url, uri=True, isolation_level=None)
