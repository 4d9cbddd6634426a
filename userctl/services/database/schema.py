"""The schema of the database: its state, and migrating it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine

from userctl.config.database_url import DatabaseURL
from userctl.config.homes import data_path, default_database_path
from userctl.config.paths import require_database_file
from userctl.core.actor import Actor
from userctl.core.clock import Clock
from userctl.core.errors import (
    DatabaseTooNew,
    DatabaseUnreachable,
    ForeignTables,
)
from userctl.core.secure_files import create_private_folder
from userctl.db.errors import translate_errors
from userctl.db.execution_options import READ_ONLY
from userctl.db.schema import migrations
from userctl.db.schema.revisions import current_revision, foreign_tables, has_trail, revisions
from userctl.db.sqlite.backup import create_safety_copy
from userctl.db.sqlite.wal import enable_wal
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag
from userctl.schemas.database import MigrationRead, SchemaStatus


class SchemaService:
    """The use cases of ``userctl db``; none of them needs a migrated database."""

    def __init__(
        self, engine: Engine, url: DatabaseURL, *, actor: Callable[[], Actor], clock: Clock
    ) -> None:
        self._engine = engine
        self._url = url
        self._actor = actor
        self._clock = clock

    def status(self) -> SchemaStatus:
        """Return the state of the schema.

        Raises:
            DatabaseNotReady: if the database cannot be reached or read.
        """
        state = self._read_state()
        current = state.revision
        known = current is None or current in revisions()
        pending = [r for r in revisions() if current is None or r > current] if known else []
        return SchemaStatus(
            database=str(self._url),
            state=self._state(current, pending, known=known, foreign=state.foreign),
            current=current,
            head=revisions()[-1],
            pending=pending,
        )

    def check(self) -> SchemaStatus:
        """Return the state of the schema if it could be migrated.

        Raises:
            DatabaseTooNew, ForeignTables: where :meth:`migrate` would.
        """
        status = self.status()
        if status.state == "too_new":
            raise DatabaseTooNew(f"The database is at revision {status.current}, unknown here.")
        if status.state == "foreign":
            raise ForeignTables("The database holds tables that userctl did not make.")
        return status

    def history(self) -> list[MigrationRead]:
        """Return all migrations, oldest first."""
        current = self._read_state().revision
        return [
            MigrationRead(
                revision=revision,
                summary=summary,
                applied=current is not None and revision <= current,
            )
            for revision, summary in migrations.summaries().items()
        ]

    def migrate(self, target: str, *, backup: bool = True) -> SchemaStatus:
        """Upgrade the schema to a revision; a missing SQLite file is created.

        Args:
            target: the revision.
            backup: whether to copy an existing SQLite file beside itself first.

        Raises:
            InvalidInput: if the revision is unknown, or older than the current one.
            DatabaseTooNew: if the database is ahead of this userctl.
        """
        if (path := self._url.missing_file) is not None:
            require_folder(path)
            self.create(path, target)
        copy = self._upgrade(self._engine, target, self._url.file if backup else None)
        return self.status().model_copy(update={"backup": copy})

    def create(self, path: Path, target: str = "head") -> bool:
        """Create an SQLite database at a revision; return False if another process did."""
        return migrations.create_sqlite(path, lambda engine: self._upgrade(engine, target))

    def _upgrade(self, engine: Engine, target: str, file: Path | None = None) -> str | None:
        with translate_errors():
            enable_wal(engine)
        target = migrations.resolve(target)
        move = partial(migrations.upgrade_on, target=target)
        return self._change_revision(engine, AuditTag.DATABASE_MIGRATE, move, target, file)

    @retry_transactions
    def _change_revision(
        self,
        engine: Engine,
        tag: AuditTag,
        move: Callable[[Connection], str | None],
        target: str,
        file: Path | None,
    ) -> str | None:
        """Move the schema to another revision, and record that if there is an audit trail then.

        Args:
            engine: the database.
            tag: the tag of the event.
            move: moves the schema, and returns its former revision.
            target: the new revision.
            file: the SQLite file to copy beside itself if it will be changed.

        Returns:
            The path of the copy, if one was made.
        """
        copy = None
        with Database(lambda: engine, self._actor).writing() as uow:
            if file is not None:
                # From here on no other process can write, so the copy is complete.
                uow.begin()
                revision = self._read_state().revision
                if revision not in {None, target}:
                    copy = str(create_safety_copy(file, revision, self._clock()))
            before = move(uow.connection)
            after = current_revision(uow.connection)
            if after != before and has_trail(uow.connection):
                uow.record(tag, self._clock(), before=before, after=after)
            uow.commit()
        return copy

    def migration_sql(self, target: str) -> str:
        """Return the SQL that :meth:`migrate` would run now."""
        state = self._read_state()
        return migrations.upgrade_sql(
            self._url.dialect, state.revision, target, has_trail=state.has_trail
        )

    def downgrade(self, target: str) -> SchemaStatus:
        """Downgrade the schema to a revision.

        Raises:
            InvalidInput: if the revision is unknown, or newer than the current one.
            DowngradeRefused: if that would lose data.
            DatabaseMissing: if there is no database.
        """
        require_database_file(self._url)
        move = partial(migrations.downgrade_on, target=target)
        copy = self._change_revision(
            self._engine, AuditTag.DATABASE_DOWNGRADE, move, target, self._url.file
        )
        return self.status().model_copy(update={"backup": copy})

    def _state(
        self, current: str | None, pending: list[str], *, known: bool, foreign: bool
    ) -> Literal["missing", "empty", "foreign", "outdated", "current", "too_new"]:
        if self._url.missing_file is not None:
            return "missing"
        if not known:
            return "too_new"
        if current is None:
            return "foreign" if foreign else "empty"
        return "outdated" if pending else "current"

    def _read_state(self) -> "_SchemaState":
        if self._url.missing_file is not None:
            return _SchemaState(None, foreign=False, has_trail=False)
        reading = self._engine.execution_options(**{READ_ONLY: True})
        with translate_errors(), reading.connect() as connection:
            current = current_revision(connection)
            foreign = current is None and bool(foreign_tables(connection))
            return _SchemaState(current, foreign=foreign, has_trail=has_trail(connection))


@dataclass(frozen=True)
class _SchemaState:
    """The state of a schema; ``foreign`` says that an application made the tables."""

    revision: str | None
    foreign: bool
    has_trail: bool


def require_folder(path: Path) -> None:
    """Make sure that a database file can be created; the folder of the embedded one is created.

    Raises:
        DatabaseUnreachable: if its folder does not exist.
        HomeUnknown: if it is the embedded database, and no home folder is known.
    """
    if path == default_database_path():
        create_private_folder(data_path())
    if not path.resolve().parent.is_dir():
        raise DatabaseUnreachable(
            f"The folder {path.parent} does not exist.", hint="Create it, or correct the URL."
        )
