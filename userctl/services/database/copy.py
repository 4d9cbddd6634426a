"""Copying a database into another one, of the same kind or a different one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from userctl.config.database_url import DatabaseURL
from userctl.config.paths import InstallationFiles
from userctl.core.actor import Actor
from userctl.core.clock import Clock
from userctl.core.errors import ConstraintViolated, DatabaseDamaged, DatabaseNotEmpty, InvalidInput
from userctl.db.engine import database_engine
from userctl.db.errors import translate_errors
from userctl.db.execution_options import READ_ONLY
from userctl.db.schema import migrations
from userctl.db.schema.revisions import current_revision, require_current
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import TABLES
from userctl.repositories.table_copy import Digest
from userctl.schemas.audit import AuditTag
from userctl.schemas.database import TableCopy
from userctl.services.database.schema import require_folder

ReportProgress = Callable[[str, int, int], None]
"""Called with a description of the work, the number of rows done, and the number in total."""


class CopyService:
    """The use case that copies all rows, and the sequences of ids.

    Args:
        database: the database to copy.
        url: its URL.
        actor: returns who copies it.
        clock: where the time comes from.
        files: the files of the installation, none of which may become the other database.
    """

    def __init__(
        self,
        database: Database,
        url: DatabaseURL,
        *,
        actor: Callable[[], Actor],
        clock: Clock,
        files: InstallationFiles,
    ) -> None:
        self._source = database
        self._url = url
        self._actor = actor
        self._clock = clock
        self._files = files

    def uncopied_columns(self) -> list[str]:
        """Return the columns of an application that are not copied."""
        with self._source.reading() as uow:
            return uow.table_copy.foreign_columns()

    def copy(
        self, to: str, *, report: ReportProgress = lambda _what, _done, _all: None
    ) -> list[TableCopy]:
        """Copy everything, as of one moment, into a database that has no rows yet.

        The target gets the schema first if it has none. All rows are then written in one
        transaction and read back, and it is committed only if they are the same.

        Args:
            to: the URL of the other database; a missing SQLite file is created.
            report: called after each batch.

        Raises:
            InvalidInput: if it is the same database.
            DatabaseNotEmpty: if it has rows.
            DatabaseDamaged: if a row cannot be read, or cannot be written there.
        """
        url = DatabaseURL.parse(to)
        # A missing source is reported first.
        source = self._source.engine
        if url.identity == self._url.identity:
            raise InvalidInput(f"{url} is the database to copy; name another one.")
        if url.sqlite_path is not None:
            self._files.require_outside(url.sqlite_path)
        with _open_target(url) as engine:
            target = Database(lambda: engine, self._actor)
            with self._source.snapshot() as old, target.writing() as new:
                new.begin()
                _require_empty(new)
                copied = [_copy_table(old, new, table, report) for table in TABLES]
                new.table_copy.set_sequences(old.table_copy.last_numbers())
                _verify(new, copied, report)
                new.record(
                    AuditTag.DATABASE_COPY,
                    self._clock(),
                    source=source.dialect.name,
                    rows={table.table: table.rows for table in copied},
                )
                new.commit()
        return copied


@contextmanager
def _open_target(url: DatabaseURL) -> Iterator[Engine]:
    """Yield the engine of a database that has the schema."""
    if (path := url.missing_file) is not None:
        require_folder(path)
        migrations.create_sqlite(path)
    engine = database_engine(url)
    try:
        with (
            translate_errors(),
            engine.execution_options(**{READ_ONLY: True}).connect() as connection,
        ):
            current = current_revision(connection)
        if current is None:
            migrations.upgrade(engine)
        require_current(engine)
        yield engine
    finally:
        engine.dispose()


def _require_empty(uow: UnitOfWork) -> None:
    uow.table_copy.lock_tables()
    for table in TABLES:
        if rows := uow.table_copy.count(table):
            raise DatabaseNotEmpty(
                f"The database to copy into has {rows} rows in {table} already.",
                hint="Name an empty one, in which not even 'db migrate' ran, or a new SQLite file.",
            )


def _copy_table(old: UnitOfWork, new: UnitOfWork, table: str, report: ReportProgress) -> TableCopy:
    digest, total = Digest(), old.table_copy.count(table)
    for rows in old.table_copy.chunks(table):
        digest.add(rows)
        try:
            with translate_errors():
                new.table_copy.add(table, rows)
        except (ConstraintViolated, DatabaseDamaged, InvalidInput) as error:
            raise DatabaseDamaged(
                f"A row of {table} does not fit into the other database: {error.message}",
                hint=error.hint,
            ) from error
        report(f"Copying {table}", digest.rows, total)
    return TableCopy(table=table, rows=digest.rows, digest=digest.text)


def _verify(new: UnitOfWork, copied: list[TableCopy], report: ReportProgress) -> None:
    """Make sure that the rows read from a database are those that were written to it."""
    for table in copied:
        digest = Digest()
        for rows in new.table_copy.chunks(table.table):
            digest.add(rows)
            report(f"Checking {table.table}", digest.rows, table.rows)
        if (digest.rows, digest.text) != (table.rows, table.digest):
            raise DatabaseDamaged(
                f"The rows of {table.table} are not the same in the other database; "
                "nothing was copied.",
                hint="Look for a trigger there, or for values of the wrong type here.",
            )
