"""Runs the migrations: each run is one transaction, under one lock."""

from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from userctl.config.database_url import DatabaseURL
from userctl.core.atomic_files import atomic_file
from userctl.core.errors import (
    ChangeIgnored,
    DatabaseTooNew,
    FileExists,
    ForeignTables,
    InvalidInput,
)
from userctl.db.engine import database_engine
from userctl.db.errors import translate_errors
from userctl.db.schema.revisions import (
    VERSION_TABLE,
    current_revision,
    foreign_tables,
    migrations_folder,
    revisions,
)
from userctl.db.sqlite import strict_tables  # noqa: F401
from userctl.db.sqlite.wal import checkpoint_all, enable_wal

_LOCK_KEY = 0x75736572_63746C  # "userctl" in ASCII


def upgrade(engine: Engine, target: str = "head") -> str | None:
    """Upgrade a database as :func:`upgrade_on` does, without an audit event."""
    with translate_errors():
        enable_wal(engine)
        with engine.begin() as connection:
            return upgrade_on(connection, target)


def upgrade_on(connection: Connection, target: str) -> str | None:
    """Upgrade a database to a revision and return its earlier revision; parallel runs wait.

    The caller commits. Its transaction must not have done anything before.

    Raises:
        InvalidInput: if the target is unknown or older than the database.
        DatabaseTooNew: if the database is at a revision that this userctl does not know.
        ForeignTables: if it contains tables with our names that userctl did not create.
        ChangeIgnored: if a trigger or a rule ignored the new revision.
    """
    lock_schema(connection)
    current = require_known_revision(current_revision(connection))
    if current is None and (names := foreign_tables(connection)):
        raise ForeignTables(
            f"The database contains tables that userctl did not create: {', '.join(names)}."
        )
    revision = _resolve_upgrade(current, target)
    _migrate(command.upgrade, connection, revision)
    return current


def downgrade(engine: Engine, target: str) -> None:
    """Downgrade a database as :func:`downgrade_on` does, without an audit event."""
    with translate_errors(), engine.begin() as connection:
        downgrade_on(connection, target)


def downgrade_on(connection: Connection, target: str) -> str | None:
    """Downgrade a database to a revision or to ``base``, and return its earlier revision.

    The caller commits. Its transaction must not have done anything before.

    Raises:
        InvalidInput: if the target is unknown or newer than the database.
        DowngradeRefused: if the older schema cannot store what the database contains.
        ChangeIgnored: if a trigger or a rule ignored the new revision.
    """
    lock_schema(connection)
    current = require_known_revision(current_revision(connection))
    revision = target if target == "base" else resolve(target)
    if revision != "base" and (current is None or revision > current):
        raise InvalidInput(
            f"The database is at revision {current or 'base'}, which is older than {revision}.",
            hint="Run 'userctl db migrate' to upgrade it.",
        )
    _migrate(command.downgrade, connection, revision)
    return current


def _migrate(move: Callable[[Config, str], None], connection: Connection, target: str) -> None:
    try:
        move(_config(connection), target)
    except CommandError as error:
        # Everything else that Alembic refuses was checked before, so its table did not change.
        raise ChangeIgnored("UPDATE", VERSION_TABLE) from error


def upgrade_adopted(connection: Connection) -> None:
    """Upgrade a database with adopted tables to the last revision; the caller commits.

    If it was never migrated, its tables must be as the first revision creates them.
    """
    config = _config(connection)
    # No event records the adoption yet.
    config.attributes["adopts"] = True
    if current_revision(connection) is None:
        command.stamp(config, revisions()[0])
    command.upgrade(config, "head")


@cache
def first_revision() -> ModuleType:
    """Return the migration that creates the tables an application may share with userctl."""
    return ScriptDirectory.from_config(_config(None)).get_revision(revisions()[0]).module


def upgrade_sql(dialect: str, current: str | None, target: str, *, has_trail: bool = False) -> str:
    """Return the SQL that upgrades a database from one revision to another.

    Args:
        dialect: the dialect of the database.
        current: its revision.
        target: the revision to upgrade to.
        has_trail: whether it already has an audit trail, which a downgrade keeps.

    Raises:
        InvalidInput, DatabaseTooNew: as :func:`upgrade` does.
    """
    config = _config(None)
    config.attributes |= {"dialect_name": dialect, "has_trail": has_trail}
    config.output_buffer = StringIO()
    revision = _resolve_upgrade(require_known_revision(current), target)
    command.upgrade(config, f"{current or 'base'}:{revision}", sql=True)
    return config.output_buffer.getvalue()


def summaries() -> dict[str, str]:
    """Return the one-line summary of every revision, oldest first."""
    scripts = ScriptDirectory.from_config(_config(None))
    return {script.revision: script.doc for script in reversed(list(scripts.walk_revisions()))}


def resolve(target: str) -> str:
    """Return the revision id that ``target`` stands for.

    Raises:
        InvalidInput: if the revision does not exist.
    """
    if target == "head":
        return revisions()[-1]
    if target not in revisions():
        raise InvalidInput(
            f"The revision '{target[:50]}' does not exist.",
            hint=f"The revisions are {', '.join(revisions())}.",
        )
    return target


def create_sqlite(path: Path, build: Callable[[Engine], object] = upgrade) -> bool:
    """Create an SQLite database that only its owner can read.

    It is built as a temporary file and then linked into place. So other processes see either no
    database or a complete one, even if two create it at once or this one is killed.

    Args:
        path: the file to create.
        build: creates the database in an empty file.

    Returns:
        False if another process created it first.
    """
    try:
        # The path may be a link to a file that does not exist yet.
        with atomic_file(path.resolve(), replace=False) as temporary:
            engine = database_engine(DatabaseURL.for_sqlite(temporary))
            try:
                build(engine)
                with translate_errors():
                    checkpoint_all(engine)
            finally:
                engine.dispose()
    except FileExists:
        return False
    return True


def _resolve_upgrade(current: str | None, target: str) -> str:
    revision = resolve(target)
    if current is not None and revision < current:
        raise InvalidInput(
            f"The database is already at revision {current}, which is newer than {revision}.",
            hint="Run 'userctl db downgrade' to go back.",
        )
    return revision


def require_known_revision(revision: str | None) -> str | None:
    """Return the revision of a database, after making sure that this userctl knows it.

    Raises:
        DatabaseTooNew: if it does not.
    """
    if revision is not None and revision not in revisions():
        raise DatabaseTooNew(
            f"The database is at revision {revision}, which this userctl does not know."
        )
    return revision


def lock_schema(connection: Connection) -> None:
    """Keep other processes from changing the schema until the transaction ends.

    Alembic joins an open transaction and leaves the commit to its owner.
    """
    # On SQLite the transaction itself is the lock, taken when it begins.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
