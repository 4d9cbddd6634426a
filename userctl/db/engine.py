"""Engines and connections, with the rules of each dialect."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from userctl.config.database_url import DatabaseURL
from userctl.config.paths import require_database_file
from userctl.core.errors import (
    DatabaseDriverMissing,
    InvalidConfiguration,
    ReadOnly,
)
from userctl.db.errors import translate_errors
from userctl.db.execution_options import (
    NO_TRANSACTION,
    PATIENCE,
    READ_ONLY,
    SNAPSHOT,
)
from userctl.db.pool import ClosingPool, calls, replace_if_ended
from userctl.db.postgresql.session import (
    begin_statement,
    connection_options,
    set_client_defaults,
)
from userctl.db.postgresql.url import parse_options
from userctl.db.sqlite.connection import SQLiteConnection
from userctl.db.sqlite.functions import add_functions
from userctl.db.sqlite.locks import require_locks, require_readable
from userctl.repositories.statement import is_watched, use_driver

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
LOCK_TURN_MILLISECONDS = 250
CACHE_KIBIBYTES = 65_536
"""The SQLite page cache. With the default of 2 MiB, a change to a large index would write and read
the same pages again and again."""

SqlValue = str | bytes | int | float | None


@contextmanager
def read_only_connection(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction only reads; driver errors are translated."""
    with translate_errors(), engine.execution_options(**{READ_ONLY: True}).connect() as connection:
        yield connection


def database_engine(url: DatabaseURL) -> Engine:
    """Return an engine with a pool of SQLAlchemy's own size; see :func:`pooled_engine`."""
    return pooled_engine(url, {})


def pooled_engine(url: DatabaseURL, pool: Mapping[str, Any]) -> Engine:
    """Return an engine; nothing is connected yet and no SQLite file is created.

    Raises:
        DatabaseDriverMissing: if the URL asks for PostgreSQL and psycopg is not installed.
        InvalidConfiguration: if libpq cannot parse the URL.
    """
    logger.info("using database %s", url)
    if url.sqlite_path is None:
        engine = _postgresql_engine(url, pool)
    else:
        engine = _sqlite_engine(url.sqlite_path, pool)
    calls.renew_after_fork(engine)
    return engine


def _sqlite_engine(path: Path, pool: Mapping[str, Any]) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=partial(connect_sqlite, path.absolute()),
        # From the URL alone SQLAlchemy would infer a database in memory, with a single connection.
        poolclass=ClosingPool,
        hide_parameters=True,
        **pool,
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_sqlite(path: Path) -> SQLiteConnection:
    """Return a driver connection that opens no transaction by itself.

    Raises:
        DatabaseMissing: if the file does not exist.
        DatabaseAccessDenied: if it cannot be read.
        LocksUnavailable: if its file system refuses to lock it.
        ReadOnly: if SQLite cannot create its files beside the database.
        sqlite3.Error: if the file is not a database.
    """
    require_database_file(DatabaseURL.for_sqlite(path))
    if not os.access(path.parent, os.W_OK):
        raise ReadOnly(
            f"The folder {path.parent} is not writable.",
            hint="SQLite must write beside the database, even to read it in WAL mode.",
        )
    require_readable(path)
    connection = sqlite3.connect(
        # Without "rw" SQLite would create a missing file.
        f"file://{quote(os.fsencode(path.absolute()))}?mode=rw",
        uri=True,
        # Each transaction sets how long it waits, and nothing waits before it.
        timeout=0,
        # The driver must not open transactions: _begin_sqlite decides which kind to open.
        isolation_level=None,
        # The pool hands a connection from thread to thread, to one at a time.
        check_same_thread=False,
        factory=SQLiteConnection,
    )
    try:
        require_locks(connection, path)
        connection.execute("PRAGMA foreign_keys = ON")
        _enlarge_cache(connection)
        connection.wait_at_most(BUSY_TIMEOUT_SECONDS * 1000)
    except BaseException:
        connection.close()
        raise
    # Another program may have stored bytes that are not UTF-8, which become lone surrogates.
    connection.text_factory = _decode
    add_functions(connection)
    return connection


def _enlarge_cache(connection: sqlite3.Connection) -> None:
    try:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    except sqlite3.OperationalError as error:
        # It reads the schema, which another process may have locked; the default will do then.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # Through SQLAlchemy each of these statements would take ten times as long.
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, SQLiteConnection)
    if options.get(READ_ONLY):
        driver.wait_at_most(options.get(PATIENCE, BUSY_TIMEOUT_SECONDS) * 1000)
        driver.execute("BEGIN")
        return
    # A transaction that reads first and locks later cannot wait for the lock: SQLite fails it at
    # once, whatever the busy timeout. So a writer takes the lock when it begins. It waits in short
    # turns, because Python handles no signal while SQLite waits.
    driver.wait_at_most(LOCK_TURN_MILLISECONDS)
    retry_while_busy(lambda: driver.execute("BEGIN IMMEDIATE"))
    if not driver.writes_ahead:
        driver.wait_at_most(BUSY_TIMEOUT_SECONDS * 1000)


def retry_while_busy(attempt: Callable[[], object]) -> None:
    """Repeat an attempt to lock an SQLite file until it succeeds or the busy timeout is over.

    The attempt itself must wait for one turn at most.
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


def _postgresql_engine(url: DatabaseURL, pool: Mapping[str, Any]) -> Engine:
    try:
        import psycopg  # noqa: PLC0415
    except ModuleNotFoundError:
        raise DatabaseDriverMissing("The PostgreSQL driver is not installed.") from None
    except ImportError:
        raise DatabaseDriverMissing(
            "The PostgreSQL driver psycopg is installed but cannot find the library libpq.",
            hint="Install it with: pip install 'psycopg[binary]'",
        ) from None
    options = connection_options(parse_options(url))
    engine = create_engine(
        "postgresql+psycopg://",
        poolclass=ClosingPool,
        hide_parameters=True,
        # Otherwise each new connection would look up a type that none of our tables has.
        use_native_hstore=False,
        **pool,
    )

    # libpq gets the URL unchanged, because it supports several hosts and many options.
    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _args: Any, adapters: dict[str, Any]) -> Any:
        try:
            connection = psycopg.connect(url.secret, **options, **adapters)
        except psycopg.ProgrammingError:
            raise InvalidConfiguration(
                f"An option in the database URL {url} has a value that libpq cannot use."
            ) from None
        set_client_defaults(connection)
        from userctl.db.postgresql.loaders import register_loaders  # noqa: PLC0415

        register_loaders(connection)
        return connection

    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "checkout", replace_if_ended)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(NO_TRANSACTION):
        return
    patience = options.get(PATIENCE)
    begin = begin_statement(
        lock_seconds=patience or BUSY_TIMEOUT_SECONDS,
        limits_statements=patience is not None,
        read_only=bool(options.get(READ_ONLY)),
        snapshot=bool(options.get(SNAPSHOT)),
    )
    if is_watched(connection):
        connection.exec_driver_sql(begin)
    else:
        use_driver(connection, begin, lambda driver: driver.execute(begin))
