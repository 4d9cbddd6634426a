"""Checks whether an SQLite file can be read and locked."""

import os
import sqlite3
import stat
from pathlib import Path
from shlex import quote

from userctl.core.errors import DatabaseAccessDenied, LocksUnavailable
from userctl.core.mounts import find_mount, locks_work

_LOCK_FAILURES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL})


def require_readable(path: Path) -> None:
    """Make sure that a file that exists can be read.

    Raises:
        DatabaseAccessDenied: if it cannot, naming its owner.
    """
    if os.access(path, os.R_OK, effective_ids=True):
        return
    status = path.stat()
    raise DatabaseAccessDenied(
        f"{path} cannot be read: it belongs to uid {status.st_uid} and has mode "
        f"{stat.S_IMODE(status.st_mode):04o}.",
        hint="Run userctl as its owner, or let root give you the file: "
        f"chown {os.geteuid()} {quote(str(path))}",
    )


def require_locks(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that a file can be locked, over a connection whose busy timeout is 0.

    SQLite mistakes a file system's refusal for the lock of another process, and would wait for it
    as long as the busy timeout.

    Raises:
        LocksUnavailable: if it cannot.
    """
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error as error:
        # Whatever else is wrong will be found when the file is used.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        if code in _LOCK_FAILURES and not locks_work(path.parent):
            mount = find_mount(path)
            place = "" if mount is None else f" ({mount})"
            raise LocksUnavailable(
                f"{path} cannot be locked: its file system{place} refuses locks."
            ) from None
