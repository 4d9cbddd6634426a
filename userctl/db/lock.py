"""Locks on a database, so that only one process at a time does a piece of work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine, text

from userctl.core.file_lock import try_file_lock
from userctl.db.engine import read_only_connection
from userctl.db.errors import translate_errors


@contextmanager
def try_lock(engine: Engine, work: str) -> Iterator[bool]:
    """Try to lock a piece of work for the block, without waiting; yield whether that succeeded.

    The lock ends with the process, so a killed one leaves none behind.

    Args:
        engine: the database.
        work: a word for the work, which names the lock.

    Raises:
        DatabaseNotReady: if the database cannot be reached.
        InputOutputFailed: if the lock file beside an SQLite file cannot be created.
    """
    if engine.dialect.name == "sqlite":
        path = sqlite_file(engine)
        with try_file_lock(path.with_name(f"{path.name}.{work}.lock"), of=path) as free:
            yield free
        return
    key = int.from_bytes(sha256(f"userctl {work}".encode()).digest()[:8], signed=True)
    # The lock belongs to an open transaction, because PgBouncer shares sessions. Between two
    # statements that transaction holds no snapshot, so it does not hold back vacuum.
    with translate_errors(), engine.connect() as connection:
        query = text("SELECT pg_try_advisory_xact_lock(:key)")
        acquired = bool(connection.scalar(query, {"key": key}))
        if not acquired:
            # PgBouncer has few connections, and the process that does the work needs them.
            connection.rollback()
        try:
            yield acquired
        finally:
            # The lock goes with its connection, which the server may have ended meanwhile. Ending
            # the transaction would then raise an error that hides the outcome of the work.
            connection.invalidate()


def sqlite_file(engine: Engine) -> Path:
    """Return the file of an SQLite database."""
    with read_only_connection(engine) as connection:
        # As bytes, because the name of a folder need not be UTF-8.
        query = "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"
        return Path(os.fsdecode(connection.exec_driver_sql(query).scalar_one()))
