"""Engines and the rules of each dialect."""

import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import OperationalError

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseDriverMissing, InvalidConfiguration, ReadOnly

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
LOCK_TURN_MILLISECONDS = 250
CONNECT_TIMEOUT_SECONDS = 10
CACHE_KIBIBYTES = 65_536
"""How much of an SQLite file is kept in memory at the most; the 2 MiB that it takes by itself are
written and read again and again where a large index changes."""

SqlValue = str | bytes | int | float | None

READ_ONLY = "userctl_read_only"
"""Execution option of a connection that only reads."""


def database_engine(url: DatabaseURL) -> Engine:
    """Return an engine; nothing is connected yet and no SQLite file is created.

    Raises:
        DatabaseDriverMissing: if the URL asks for PostgreSQL and psycopg is not installed.
        InvalidConfiguration: if libpq cannot parse the URL.
    """
    logger.info("the database is %s", url)
    if url.sqlite_path is None:
        return _postgresql_engine(url)
    return _sqlite_engine(url.sqlite_path)


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=partial(connect_sqlite, path.absolute()),
        # The URL alone would pass for a database in memory, which has one connection a thread.
        poolclass=QueuePool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_sqlite(path: Path) -> sqlite3.Connection:
    """Return a connection of the driver, in which nothing opens a transaction by itself.

    Raises:
        ReadOnly: if SQLite could not make its files beside the database.
        sqlite3.Error: if there is no such file, or it is no database.
    """
    if os.access(path, os.F_OK) and not os.access(path.parent, os.W_OK):
        raise ReadOnly(
            f"The folder {path.parent} accepts no writes.",
            hint="SQLite needs to write beside the database even to read it in WAL mode.",
        )
    connection = sqlite3.connect(
        # Without "rw" SQLite would create a missing file.
        f"file:{quote(os.fsencode(path))}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        # The driver must not open transactions: _begin_sqlite decides which kind it is.
        isolation_level=None,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    except sqlite3.Error:
        connection.close()
        raise
    # The built-in lower() knows ASCII only, and a search for a name must know more.
    connection.create_function("lower", 1, _lower, deterministic=True)
    return connection


def _lower(value: SqlValue) -> SqlValue:
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN")
        return
    # A transaction that reads first and locks later cannot wait for the lock: SQLite fails it at
    # once, whatever the busy timeout. So a writer takes the lock when it begins. It waits in short
    # turns, because no signal reaches Python while SQLite waits.
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {LOCK_TURN_MILLISECONDS}")
    try:
        retry_while_busy(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")


def retry_while_busy(attempt: Callable[[], object]) -> None:
    """Repeat an attempt to lock an SQLite file until it succeeds or the busy timeout is over.

    The attempt itself waits for one turn, if it waits at all.
    """
    for _ in range(BUSY_TIMEOUT_SECONDS * 1000 // LOCK_TURN_MILLISECONDS - 1):
        try:
            attempt()
        except (OperationalError, sqlite3.OperationalError) as error:
            if not _is_busy(error):
                raise
        else:
            return
    attempt()


def _is_busy(error: OperationalError | sqlite3.OperationalError) -> bool:
    cause = error.orig if isinstance(error, OperationalError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _postgresql_engine(url: DatabaseURL) -> Engine:
    try:
        import psycopg  # noqa: PLC0415
    except ModuleNotFoundError:
        raise DatabaseDriverMissing("The PostgreSQL driver is not installed.") from None
    try:
        given = psycopg.conninfo.conninfo_to_dict(url.secret)
    except psycopg.ProgrammingError:
        # The driver's own message would repeat parts of the URL.
        raise InvalidConfiguration(
            f"libpq cannot parse the database URL {url}.",
            hint="Write characters such as '@', '/' and '%' in a password as %40, %2F and %25.",
        ) from None
    engine = create_engine("postgresql+psycopg://", hide_parameters=True)
    options = _postgresql_options(given)

    # The URL goes to libpq as it is, which knows several hosts and all its other options.
    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _args: Any, adapters: dict[str, Any]) -> Any:
        try:
            return psycopg.connect(url.secret, **options, **adapters)
        except psycopg.ProgrammingError:
            raise InvalidConfiguration(
                f"An option of the database URL {url} has a value that libpq cannot use."
            ) from None

    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    # Set for this transaction alone, because PgBouncer hands the session on. A column of an
    # application may have no time zone: what is read from it and written to it is UTC.
    statement = "SET LOCAL TimeZone = 'UTC'"
    if not options.get(READ_ONLY):
        # What is read after a lock was waited for has to be what the other transaction left behind,
        # whatever level the server has by default.
        statement = (
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "
            f"SET LOCAL lock_timeout = '{BUSY_TIMEOUT_SECONDS}s'; {statement}"
        )
    connection.exec_driver_sql(statement)


def _postgresql_options(given: dict[str, Any]) -> dict[str, Any]:
    # PgBouncer in transaction mode hands each transaction another server connection, on which a
    # statement prepared earlier does not exist.
    return {"prepare_threshold": None, **server_defaults(given)}


def server_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of libpq that a URL leaves to us.

    Args:
        given: those that it has.
    """
    defaults = {
        "application_name": "userctl",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "client_encoding": "utf8",
        # A machine that vanished without a word is noticed within a minute, not after hours.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    if any("," in str(given.get(name, "")) for name in ("host", "hostaddr")):
        # Of several hosts only the primary will do.
        defaults["target_session_attrs"] = "read-write"
    return {key: value for key, value in defaults.items() if key not in given}
