"""Inspecting a backup without restoring it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from userctl.core.atomic_files import require_regular_file_or_none
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.db.postgresql import dump_contents, pg_dump
from userctl.db.sqlite import backup as sqlite_backup
from userctl.db.sqlite import backup_contents as sqlite_contents
from userctl.schemas.database import BackupInspection, DatabaseKind

_MAGIC: dict[DatabaseKind, bytes] = {
    "sqlite": sqlite_backup.MAGIC,
    "postgresql": pg_dump.MAGIC,
}


def inspect_backup(file: Path) -> BackupInspection:
    """Read a backup from end to end, and return its contents.

    Raises:
        InvalidInput: if the file is not a backup of userctl.
        DatabaseDamaged, DatabaseToolFailed: if it is damaged.
    """
    kind, digest = identify_backup(file)
    if kind == "sqlite":
        sqlite_backup.require_sound(file)
        contents = sqlite_contents.read_contents(file)
    else:
        pg_dump.require_sound(file)
        contents = dump_contents.read_contents(file)
    if (users := contents.counts["users"]) is None:
        raise InvalidInput(
            f"{file} is not a backup of userctl: the table users is missing.",
            hint="'userctl db backup' writes one.",
        )
    status = file.stat()
    return BackupInspection(
        file=str(file),
        kind=kind,
        # An SQLite backup is an ordinary database, and does not record when it was made.
        taken_at=contents.taken_at or datetime.fromtimestamp(status.st_mtime, UTC),
        last_event_at=contents.last_event_at,
        revision=contents.revision,
        users=users,
        deleted_users=contents.counts["deleted_users"],
        refresh_tokens=contents.counts["refresh_tokens"],
        api_tokens=contents.counts["api_tokens"],
        audit_events=contents.counts["audit_events"],
        size_bytes=status.st_size,
        sha256=digest,
        verified=True,
    )


def identify_backup(file: Path) -> tuple[DatabaseKind, str]:
    """Return the kind of database that a file is a backup of, and the SHA-256 of the file.

    Raises:
        InvalidInput: if it is not a backup.
        InputOutputFailed: if it cannot be read.
    """
    require_regular_file_or_none(file)
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
        digest = sha256(file)
    except OSError as error:
        raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error
    for kind, magic in _MAGIC.items():
        if start.startswith(magic):
            return kind, digest
    raise InvalidInput(f"{file} is not a backup.", hint="'userctl db backup' writes one.")


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
