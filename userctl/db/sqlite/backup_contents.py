"""Reads the contents of an SQLite backup, without restoring it."""

from contextlib import closing
from pathlib import Path

from userctl.db.backup_contents import COUNTED_TABLES, BackupContents, parse_stored_time
from userctl.db.errors import translate_errors
from userctl.db.schema.revisions import VERSION_TABLE
from userctl.db.sqlite.backup import open_read_only


def read_contents(path: Path) -> BackupContents:
    """Return the contents of a backup.

    Raises:
        DatabaseDamaged: if it cannot be read.
    """
    with translate_errors(), closing(open_read_only(path)) as connection:
        query = "SELECT lower(name) FROM sqlite_schema WHERE type = 'table'"
        tables = {name for (name,) in connection.execute(query)}

        def read_value(statement: str, table: str) -> str | None:
            row = connection.execute(statement).fetchone() if table in tables else None
            return None if row is None else str(row[0])

        counts = {name: read_value(f"SELECT count(*) FROM {name}", name) for name in COUNTED_TABLES}  # noqa: S608
        last_time = "SELECT time FROM audit_events ORDER BY id DESC LIMIT 1"
        return BackupContents(
            read_value(f"SELECT version_num FROM {VERSION_TABLE}", VERSION_TABLE),  # noqa: S608
            {name: None if count is None else int(count) for name, count in counts.items()},
            parse_stored_time(read_value(last_time, "audit_events")),
        )
