"""Backups of a whole database, and restoring them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from userctl.config.database_url import DatabaseURL
from userctl.config.paths import InstallationFiles, is_same_file, require_database_file
from userctl.core.actor import Actor
from userctl.core.atomic_files import atomic_file
from userctl.core.audit_chain import canonical_json
from userctl.core.clock import Clock
from userctl.core.errors import DatabaseDamaged, InvalidInput
from userctl.db.engine import database_engine
from userctl.db.errors import translate_errors
from userctl.db.postgresql import pg_dump as postgresql_programs
from userctl.db.schema.restore_revocations import (
    RestoreRevocations,
    can_continue_trail,
    revoke_restored,
)
from userctl.db.schema.revisions import VERSION_TABLE
from userctl.db.sqlite import backup as sqlite_backup
from userctl.db.sqlite.wal import checkpoint_all
from userctl.db.transaction.unit_of_work import Database
from userctl.repositories.new_events import NewEvent
from userctl.schemas.audit import AuditTag
from userctl.schemas.database import BackupInspection, BackupRead, RestoreRead
from userctl.services.database.backup_inspection import identify_backup, inspect_backup, sha256
from userctl.services.database.schema import SchemaService, require_folder


class BackupService:
    """The use cases for backups, which hold the whole database.

    Args:
        engine: the engine of the database.
        url: its URL.
        schema: reads the state of its schema.
        actor: returns who restores a backup.
        clock: where the time comes from.
        files: the files of the installation, which no backup may overwrite.
    """

    def __init__(
        self,
        engine: Engine,
        url: DatabaseURL,
        *,
        schema: SchemaService,
        actor: Callable[[], Actor],
        clock: Clock,
        files: InstallationFiles,
    ) -> None:
        self._engine = engine
        self._url = url
        self._schema = schema
        self._actor = actor
        self._clock = clock
        self._files = files

    def backup(self, file: Path, *, replace: bool) -> BackupRead:
        """Write a backup atomically, while other processes keep working.

        Args:
            file: the file to write; only its owner will be able to read it.
            replace: whether to replace an existing file.

        Raises:
            FileExists: if the file exists and is not to be replaced.
            DatabaseDamaged, DatabaseToolFailed: if the backup cannot be read.
        """
        require_database_file(self._url)
        self._files.require_outside(file)
        revision = self._schema.status().current
        with atomic_file(file, replace=replace) as temporary:
            if self._url.sqlite_path is not None:
                sqlite_backup.copy_out(self._url.sqlite_path, temporary)
                sqlite_backup.require_sound(temporary)
            else:
                postgresql_programs.dump(self._url, temporary)
                postgresql_programs.require_sound(temporary)
            size, digest = temporary.stat().st_size, sha256(temporary)
        return BackupRead(
            file=str(file),
            database=str(self._url),
            revision=revision,
            size_bytes=size,
            sha256=digest,
        )

    def restore(
        self, file: Path, *, keep_sessions: bool = False, revoke_api_tokens: bool = False
    ) -> RestoreRead:
        """Replace the contents of the database by a backup, all of it or nothing.

        An existing SQLite file is copied beside itself first. Changes that other processes commit
        between the copy and the restore are lost, so they should be stopped. The restored sessions
        are ended, because a backup does not know which of them were revoked since. This and the
        event about the restore become visible together with the restored data.

        Args:
            file: the backup.
            keep_sessions: whether to keep the sessions as they were.
            revoke_api_tokens: whether to revoke the API tokens too.

        Raises:
            InvalidInput: if the file is not a backup of this kind of database, or has other tables.
            DatabaseDamaged, DatabaseToolFailed: if it is damaged.
        """
        digest = self._require_restorable(file)
        revocations = RestoreRevocations(
            sessions=not keep_sessions, api_tokens=revoke_api_tokens, now=self._clock()
        )
        copy = None
        if self._url.file is None:
            postgresql_programs.require_sound(file)
            tables = postgresql_programs.tables(file)
            self._require_ours(file, tables)
            ended = postgresql_programs.restore(
                file,
                self._url,
                tables,
                revocations.statements(tables),
                lambda ended: self._restore_event(digest, revocations, ended),
            )
        elif is_same_file(file, self._url.file):
            raise InvalidInput(f"{file} is the database itself.")
        else:
            sqlite_backup.require_sound(file)
            copy, ended = self._restore_sqlite(file, self._url.file, digest, revocations)
        # Open connections may have cached the former tables.
        self._engine.dispose()
        return RestoreRead(
            **self._schema.status().model_dump(exclude={"backup"}),
            backup=copy,
            sessions_ended=ended.get("refresh_tokens", 0),
            api_tokens_revoked=ended.get("api_tokens", 0),
        )

    def preview_restore(self, file: Path) -> BackupInspection:
        """Return the contents of a backup of this kind of database.

        Raises:
            InvalidInput: if it is not such a backup.
            DatabaseDamaged, DatabaseToolFailed: if it is damaged.
        """
        self._require_restorable(file)
        return inspect_backup(file)

    def inspect(self, file: Path) -> BackupInspection:
        """Read a backup of any kind of database from end to end, and return its contents.

        Raises:
            InvalidInput: if the file is not a backup of userctl.
            DatabaseDamaged, DatabaseToolFailed: if it is damaged.
        """
        return inspect_backup(file)

    def _require_restorable(self, file: Path) -> str:
        """Make sure that a file is a backup of this kind of database, and return its SHA-256."""
        kind, digest = identify_backup(file)
        if kind != self._url.dialect:
            raise InvalidInput(
                f"{file} is a backup of another kind of database ({kind}).",
                hint="Restore it into a database of that kind, and then run 'userctl db copy'.",
            )
        return digest

    def _require_ours(self, file: Path, tables: set[str]) -> None:
        """Make sure that a backup has the tables of userctl before it replaces users."""
        needed = {"users"} if self._schema.status().current is None else {"users", VERSION_TABLE}
        if missing := needed - tables:
            raise InvalidInput(
                f"{file} is not a backup of userctl: the table {min(missing)} is missing.",
                hint="'userctl db backup' writes one.",
            )

    def _restore_sqlite(
        self, file: Path, database: Path, digest: str, revocations: RestoreRevocations
    ) -> tuple[str | None, dict[str, int]]:
        """Return the path of the copy, if one was made, and how many rows were ended."""
        if self._url.missing_file is not None:
            require_folder(database)
            with atomic_file(database, replace=False) as temporary:
                sqlite_backup.copy_in(file, temporary)
                ended = self._end_restored(temporary, digest, revocations)
            return None, ended
        try:
            self._require_ours(file, sqlite_backup.tables(file))
            sqlite_backup.require_same_pages(file, database)
            revision = self._schema.status().current
            copy = sqlite_backup.create_safety_copy(database, revision, self._clock())
            with sqlite_backup.prepared_copy(file, database) as prepared:
                ended = self._end_restored(prepared, digest, revocations)
                sqlite_backup.copy_in(prepared, database)
        except DatabaseDamaged as error:
            raise DatabaseDamaged(
                error.message, hint="Move the damaged file out of the way, and restore again."
            ) from error
        return str(copy), ended

    def _end_restored(
        self, file: Path, digest: str, revocations: RestoreRevocations
    ) -> dict[str, int]:
        """End what an SQLite file has in force, and record that, before it is put in place."""
        engine = database_engine(DatabaseURL.for_sqlite(file))
        try:
            with Database(lambda: engine, self._actor).writing() as uow:
                ended = revoke_restored(uow.connection, revocations)
                if can_continue_trail(uow.connection):
                    uow.record(AuditTag.DATABASE_RESTORE, revocations.now, **_detail(digest, ended))
                uow.commit()
            with translate_errors():
                checkpoint_all(engine)
        finally:
            engine.dispose()
        return ended

    def _restore_event(
        self, digest: str, revocations: RestoreRevocations, ended: Mapping[str, int]
    ) -> NewEvent:
        detail = canonical_json(_detail(digest, ended))
        return NewEvent(
            revocations.now, AuditTag.DATABASE_RESTORE, *self._actor(), None, None, detail
        )


def _detail(digest: str, ended: Mapping[str, int]) -> dict[str, Any]:
    """Return the detail of the event about a restore."""
    revoked = {"api_tokens_revoked": ended["api_tokens"]} if "api_tokens" in ended else {}
    return {"sha256": digest, "sessions_ended": ended.get("refresh_tokens", 0), **revoked}
