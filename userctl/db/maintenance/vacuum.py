"""Vacuums a database, so that the space of deleted rows can be reused."""

import sqlite3
import time

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from userctl.core.errors import DatabaseBusy
from userctl.db.engine import (
    BUSY_TIMEOUT_SECONDS,
    LOCK_TURN_MILLISECONDS,
    read_only_connection,
    retry_while_busy,
)
from userctl.db.errors import translate_errors
from userctl.db.execution_options import NO_TRANSACTION, READ_ONLY
from userctl.db.sqlite.connection import SQLiteConnection
from userctl.models import TABLES


def vacuum(engine: Engine) -> None:
    """Vacuum a database.

    SQLite rewrites its file, which temporarily needs the same space again. PostgreSQL keeps most of
    the space for new rows, and blocks neither readers nor writers.

    Raises:
        DatabaseBusy: if other processes hold the database for too long.
        DiskFull: if the disk has no room for the rewritten file; nothing is lost then.
    """
    with translate_errors():
        if engine.dialect.name == "sqlite":
            _vacuum_sqlite(engine)
        else:
            _vacuum_postgresql(engine)


def _vacuum_sqlite(engine: Engine) -> None:
    connection = engine.raw_connection()
    try:
        cursor, driver = connection.cursor(), connection.driver_connection
        assert isinstance(driver, SQLiteConnection)
        # In short turns, because Python handles no signal while SQLite waits.
        driver.wait_at_most(LOCK_TURN_MILLISECONDS)
        retry_while_busy(lambda: cursor.execute("VACUUM"))
        _truncate_log(cursor)
        cursor.close()
    finally:
        connection.close()


def _truncate_log(cursor: DBAPICursor) -> None:
    """Checkpoint the log, which has to wait for every reader of an older state."""
    end = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if (cursor.fetchone() or (0,))[0] == 0:
                return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_LOCKED:
                raise
        if time.monotonic() > end:
            raise DatabaseBusy("Another process kept reading an older state of the database.")


def _vacuum_postgresql(engine: Engine) -> None:
    with read_only_connection(engine) as connection:
        # VACUUM waits for its lock without a limit of time, and a transaction does not.
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS SHARE MODE")
    # VACUUM cannot run in a transaction.
    options = {READ_ONLY: True, NO_TRANSACTION: True}
    with engine.execution_options(**options).connect() as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
