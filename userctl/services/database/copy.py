"""Copying a database into another one, of the same kind or not."""

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

Told = Callable[[str, int, int], None]
"""Takes what is done, how many rows of it, and how many there are to do."""


class CopyService:
    """The use case that copies all rows, and the sequences of ids.

    Args:
        database: what is copied.
        url: where that is.
        actor: returns who does it.
        clock: where the time comes from.
        files: the files of the installation, none of which can become the other database.
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
        """Return the columns of an application that a copy would not have."""
        with self._source.reading() as uow:
            return uow.table_copy.foreign_columns()

    def copy(self, to: str, *, tell: Told = lambda _what, _done, _all: None) -> list[TableCopy]:
        """Copy everything, as it is at one moment, into a database that has no rows yet.

        That gets its schema first if it has none. Then all rows come in one transaction, are read
        again, and stay if they are the same.

        Args:
            to: the URL of the other database; an SQLite file that is not there is created.
            tell: told after each batch.

        Raises:
            InvalidInput: if it is the same database.
            DatabaseNotEmpty: if it has a row.
            DatabaseDamaged: if a row cannot be read, or written there.
        """
        url = DatabaseURL.parse(to)
        # A missing source is reported first.
        source = self._source.engine
        if url.identity == self._url.identity:
            raise InvalidInput(f"{url} is the database that would be copied.")
        if url.sqlite_path is not None:
            self._files.require_outside(url.sqlite_path)
        with _open_target(url) as engine:
            target = Database(lambda: engine, self._actor)
            with self._source.snapshot() as old, target.writing() as new:
                new.begin()
                _require_empty(new)
                copied = [_copy_table(old, new, table, tell) for table in TABLES]
                new.table_copy.set_sequences(old.table_copy.last_numbers())
                _verify(new, copied, tell)
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


def _copy_table(old: UnitOfWork, new: UnitOfWork, table: str, tell: Told) -> TableCopy:
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
        tell(f"Copying {table}", digest.rows, total)
    return TableCopy(table=table, rows=digest.rows, digest=digest.text)


def _verify(new: UnitOfWork, copied: list[TableCopy], tell: Told) -> None:
    """Make sure that what can be read from a database is what was written to it."""
    for table in copied:
        digest = Digest()
        for rows in new.table_copy.chunks(table.table):
            digest.add(rows)
            tell(f"Checking {table.table}", digest.rows, table.rows)
        if (digest.rows, digest.text) != (table.rows, table.digest):
            raise DatabaseDamaged(
                f"The rows of {table.table} are not the same in the other database; "
                "nothing was copied.",
                hint="Look for a trigger there, or for values of the wrong type here.",
            )
