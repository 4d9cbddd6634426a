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

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import OperationalError

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseDriverMissing, InvalidConfiguration, ReadOnly
from userctl.db.errors import typed_failures

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
LOCK_TURN_MILLISECONDS = 250
CONNECT_TIMEOUT_SECONDS = 10
CACHE_KIBIBYTES = 65_536
"""The SQLite page cache. With the default of 2 MiB, a change to a large index would write and read
the same pages again and again."""

SqlValue = str | bytes | int | float | None

READ_ONLY = "userctl_read_only"
"""The execution option of a connection that only reads."""


@contextmanager
def read_only_connection(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction only reads; driver errors are translated."""
    options = {READ_ONLY: True, "postgresql_readonly": True}
    with typed_failures(), engine.execution_options(**options).connect() as connection:
        yield connection


def database_engine(url: DatabaseURL) -> Engine:
    """Return an engine; nothing is connected yet and no SQLite file is created.

    Raises:
        DatabaseDriverMissing: if the URL asks for PostgreSQL and psycopg is not installed.
        InvalidConfiguration: if libpq cannot parse the URL.
    """
    logger.info("using database %s", url)
    if url.sqlite_path is None:
        return _postgresql_engine(url)
    return _sqlite_engine(url.sqlite_path)


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=partial(connect_sqlite, path.absolute()),
        # From the URL alone SQLAlchemy would infer a database in memory, with a single connection.
        poolclass=QueuePool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_sqlite(path: Path) -> sqlite3.Connection:
    """Return a driver connection that opens no transaction by itself.

    Raises:
        ReadOnly: if SQLite cannot create its files beside the database.
        sqlite3.Error: if the file does not exist or is not a database.
    """
    if os.access(path, os.F_OK) and not os.access(path.parent, os.W_OK):
        raise ReadOnly(
            f"The folder {path.parent} is not writable.",
            hint="SQLite must write beside the database, even to read it in WAL mode.",
        )
    connection = sqlite3.connect(
        # Without "rw" SQLite would create a missing file.
        f"file:{quote(os.fsencode(path))}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        # The driver must not open transactions: _begin_sqlite decides which kind to open.
        isolation_level=None,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    except sqlite3.Error:
        connection.close()
        raise
    # Another program may have stored bytes that are not UTF-8, which become lone surrogates.
    connection.text_factory = _decode
    # The built-in lower() handles ASCII only, and a search for a name needs more.
    connection.create_function("lower", 1, _lower, deterministic=True)
    return connection


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _lower(value: SqlValue) -> SqlValue:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN")
        return
    # A transaction that reads first and locks later cannot wait for the lock: SQLite fails it at
    # once, whatever the busy timeout. So a writer takes the lock when it begins. It waits in short
    # turns, because Python handles no signal while SQLite waits.
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {LOCK_TURN_MILLISECONDS}")
    try:
        retry_while_busy(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")


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


def _postgresql_engine(url: DatabaseURL) -> Engine:
    try:
        import psycopg  # noqa: PLC0415
    except ModuleNotFoundError:
        raise DatabaseDriverMissing("The PostgreSQL driver is not installed.") from None
    try:
        given = psycopg.conninfo.conninfo_to_dict(url.secret)
    except psycopg.ProgrammingError:
        # The driver's own message would quote parts of the URL.
        raise InvalidConfiguration(
            f"libpq cannot parse the database URL {url}.",
            hint="Write '@', '/' and '%' in a password as %40, %2F and %25.",
        ) from None
    engine = create_engine("postgresql+psycopg://", hide_parameters=True)
    options = _postgresql_options(given)

    # libpq gets the URL unchanged, because it supports several hosts and many options.
    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _args: Any, adapters: dict[str, Any]) -> Any:
        try:
            connection = psycopg.connect(url.secret, **options, **adapters)
        except psycopg.ProgrammingError:
            raise InvalidConfiguration(
                f"An option in the database URL {url} has a value that libpq cannot use."
            ) from None
        from userctl.db.postgresql.loaders import read_everything  # noqa: PLC0415

        read_everything(connection)
        return connection

    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    # Set for this transaction alone, because PgBouncer shares the session. A column of an
    # application may lack a time zone: what is read from it and written to it is UTC.
    statement = "SET LOCAL TimeZone = 'UTC'"
    if not options.get(READ_ONLY):
        # After waiting for a lock, a statement must see what the other transaction committed,
        # whatever the server's default isolation level is.
        statement = (
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "
            f"SET LOCAL lock_timeout = '{BUSY_TIMEOUT_SECONDS}s'; {statement}"
        )
    connection.exec_driver_sql(statement)


def _postgresql_options(given: dict[str, Any]) -> dict[str, Any]:
    # PgBouncer in transaction mode may give each transaction another server connection, on which a
    # statement prepared earlier does not exist.
    return {"prepare_threshold": None, **server_defaults(given)}


def server_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of userctl for the libpq options that a URL leaves open.

    Args:
        given: the options in the URL.
    """
    defaults = {
        "application_name": "userctl",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "client_encoding": "utf8",
        # Without these, the loss of a server machine would be noticed only after hours.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    if any("," in str(given.get(name, "")) for name in ("host", "hostaddr")):
        # Of several hosts, only the primary accepts writes.
        defaults["target_session_attrs"] = "read-write"
    return {key: value for key, value in defaults.items() if key not in given}
