"""Runs the migrations: each run is one transaction under one lock."""

import sqlite3
import time
from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine.interfaces import DBAPICursor

from userctl.config.database_url import DatabaseURL
from userctl.core.atomic_files import atomic_file
from userctl.core.errors import DatabaseTooNew, DiskFull, FileExists, ForeignTables, InvalidInput
from userctl.db.engine import LOCK_TURN_MILLISECONDS, database_engine, retry_while_busy
from userctl.db.errors import typed_failures
from userctl.db.schema.revisions import (
    current_revision,
    foreign_tables,
    migrations_folder,
    revisions,
)

_LOCK_KEY = 0x75736572_63746C  # "userctl" in ASCII


def upgrade(engine: Engine, target: str = "head") -> str | None:
    """Bring a database to a revision, as :func:`upgrade_on` does, and leave no event."""
    with typed_failures():
        use_write_ahead_log(engine)
        with engine.begin() as connection:
            return upgrade_on(connection, target)


def upgrade_on(connection: Connection, target: str) -> str | None:
    """Bring a database to a revision, and return where it was; two runs wait for each other.

    That lasts if the transaction does, which must not have done anything else yet.

    Raises:
        InvalidInput: if the target is unknown or older than the database.
        DatabaseTooNew: if the database is at a revision that this userctl does not know.
        ForeignTables: if there are tables of our names that userctl did not make.
    """
    lock(connection)
    current = known(current_revision(connection))
    if current is None and (names := foreign_tables(connection)):
        raise ForeignTables(f"userctl did not make these tables: {', '.join(names)}.")
    command.upgrade(_config(connection), _resolve_ahead(current, target))
    return current


def downgrade(engine: Engine, target: str) -> None:
    """Take a database back to a revision, as :func:`downgrade_on` does, and leave no event."""
    with typed_failures(), engine.begin() as connection:
        downgrade_on(connection, target)


def downgrade_on(connection: Connection, target: str) -> str | None:
    """Take a database back to a revision, or to ``base``, and return where it was.

    That lasts if the transaction does, which must not have done anything else yet.

    Raises:
        InvalidInput: if the target is unknown or newer than the database.
        DowngradeRefused: if the older schema has no place for what the database holds.
    """
    lock(connection)
    current = known(current_revision(connection))
    revision = target if target == "base" else resolve(target)
    if revision != "base" and (current is None or revision > current):
        raise InvalidInput(
            f"The database is at {current or 'base'}, which is before {revision}.",
            hint="Use 'userctl db migrate' to go forward.",
        )
    command.downgrade(_config(connection), revision)
    return current


def take_over(connection: Connection) -> None:
    """Bring a database to the last revision, within the transaction that it is in.

    One that was never migrated has to have what the first revision makes.
    """
    if current_revision(connection) is None:
        command.stamp(_config(connection), revisions()[0])
    command.upgrade(_config(connection), "head")


@cache
def first_revision() -> ModuleType:
    """Return the migration that makes the tables an application may share with us."""
    return ScriptDirectory.from_config(_config(None)).get_revision(revisions()[0]).module


def upgrade_sql(dialect: str, current: str | None, target: str, *, has_trail: bool = False) -> str:
    """Return the SQL that would bring a database from one revision to another.

    Args:
        dialect: the kind of database.
        current: the revision that it is at.
        target: the revision to go to.
        has_trail: whether it has an audit trail, which a downgrade leaves there.

    Raises:
        InvalidInput, DatabaseTooNew: as :func:`upgrade` does.
    """
    config = _config(None)
    config.attributes |= {"dialect_name": dialect, "has_trail": has_trail}
    config.output_buffer = StringIO()
    revision = _resolve_ahead(known(current), target)
    command.upgrade(config, f"{current or 'base'}:{revision}", sql=True)
    return config.output_buffer.getvalue()


def summaries() -> dict[str, str]:
    """Return revision to one-line summary, oldest first."""
    scripts = ScriptDirectory.from_config(_config(None))
    return {script.revision: script.doc for script in reversed(list(scripts.walk_revisions()))}


def resolve(target: str) -> str:
    """Return the revision id that ``target`` stands for.

    Raises:
        InvalidInput: if there is no such revision.
    """
    if target == "head":
        return revisions()[-1]
    if target not in revisions():
        raise InvalidInput(
            f"There is no revision '{target}'.",
            hint=f"The revisions are {', '.join(revisions())}.",
        )
    return target


def create_sqlite(path: Path, build: Callable[[Engine], object] = upgrade) -> bool:
    """Create an SQLite database, readable by its owner alone.

    It is built beside its place and then linked there, so that whoever looks sees either no
    database or a whole one, whoever else creates it at the same moment and whenever we are killed.

    Args:
        path: its place.
        build: what makes a database of an empty file.

    Returns:
        False if somebody else created it first.
    """
    try:
        with atomic_file(path, replace=False) as draft:
            engine = database_engine(DatabaseURL.for_sqlite(draft))
            try:
                build(engine)
                with typed_failures():
                    _complete(engine)
            finally:
                engine.dispose()
    except FileExists:
        return False
    return True


def _resolve_ahead(current: str | None, target: str) -> str:
    revision = resolve(target)
    if current is not None and revision < current:
        raise InvalidInput(
            f"The database is at {current} already, which is after {revision}.",
            hint="Use 'userctl db downgrade' to go back.",
        )
    return revision


def known(revision: str | None) -> str | None:
    """Return the revision that a database is at.

    Raises:
        DatabaseTooNew: if this userctl does not know it.
    """
    if revision is not None and revision not in revisions():
        raise DatabaseTooNew(f"The database is at revision {revision}, unknown to this userctl.")
    return revision


def lock(connection: Connection) -> None:
    """Keep others from moving the schema until the transaction ends.

    Alembic joins a transaction that it finds open, and leaves the commit to whoever began it.
    """
    # On SQLite the transaction itself is the lock, taken when it begins.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def use_write_ahead_log(engine: Engine) -> None:
    """Let those who read an SQLite file and those who write it not wait for each other."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # A journal mode cannot change inside a transaction, and it stays once it is set.
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            retry_while_busy(lambda: _set_write_ahead_log(cursor))
        cursor.close()
    finally:
        connection.close()


def _complete(engine: Engine) -> None:
    """Bring everything from the write-ahead log into the file itself."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Closing would do it too, but would not say that the disk is full.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if cursor.fetchone() != (0, 0, 0):
            raise DiskFull("The new database could not be written.")
        cursor.close()
    finally:
        connection.close()


def _set_write_ahead_log(cursor: DBAPICursor) -> None:
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        # SQLite does not wait for this lock, whatever the busy timeout.
        time.sleep(LOCK_TURN_MILLISECONDS / 1000)
        raise


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
