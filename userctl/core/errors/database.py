"""Why the database cannot serve a command."""

from typing import Any

from userctl.core.errors.base import DatabaseNotReady


class DatabaseUnreachable(DatabaseNotReady):
    """The connection could not be made or was lost."""

    code = "database_unreachable"


class DatabaseBusy(DatabaseNotReady):
    """Other processes held the database locked for longer than userctl waits."""

    code = "database_busy"
    hint = "Try again in a moment."


class LocksUnavailable(DatabaseNotReady):
    """The file system of the SQLite file does not lock files, as some network shares do not."""

    code = "locks_unavailable"
    hint = "Move the database to a local disk, or use PostgreSQL."


class TransactionConflict(DatabaseBusy):
    """The transaction conflicted with another and can be retried as a whole."""


class DatabaseAccessDenied(DatabaseNotReady):
    """The role or the operating-system user lacks a privilege on the database."""

    code = "database_access_denied"


class DatabaseDriverMissing(DatabaseNotReady):
    """The PostgreSQL driver is not installed."""

    code = "database_driver_missing"
    hint = "Install it with: pip install 'psycopg[binary]>=3.3'"


class DatabaseToolMissing(DatabaseNotReady):
    """A client program of PostgreSQL, such as pg_dump, is not installed."""

    code = "database_tool_missing"
    hint = "Install the PostgreSQL client programs in the server's version or a newer one."


class DatabaseToolFailed(DatabaseNotReady):
    """A client program of PostgreSQL, such as pg_dump, failed."""

    code = "database_tool_failed"
    hint = "Nothing was changed."


class MigrationSecretMissing(DatabaseNotReady):
    """A password hash was made with a secret of another system, and the secret is missing."""

    code = "migration_secret_missing"


class PasswordLibraryMissing(DatabaseNotReady):
    """A password hash of another system needs a library that is not installed."""

    code = "password_library_missing"


class DatabaseNotMigrated(DatabaseNotReady):
    """The schema is missing or older than this userctl needs."""

    code = "database_not_migrated"
    hint = "Run 'userctl db migrate'."


class SchemaNotFound(DatabaseNotReady):
    """The role's ``search_path`` on PostgreSQL names no schema that exists."""

    code = "schema_not_found"
    hint = (
        "Name it: ALTER ROLE NAME SET search_path = public, or add "
        "?options=-csearch_path%3Dpublic to the URL."
    )


class ExtensionMissing(DatabaseNotReady):
    """A trigger, an index or a column of another program needs a missing function."""

    code = "extension_missing"
    hint = "Install the extension, or remove what needs it from the tables."


class DatabaseMissing(DatabaseNotReady):
    """The SQLite file does not exist."""

    code = "database_missing"
    hint = "Run 'userctl db migrate' to create it, or correct the URL."


class ForeignTables(DatabaseNotReady):
    """The database already contains tables with these names that userctl did not create."""

    code = "foreign_tables"
    hint = "Run 'userctl db adopt --dry-run', or use a database without these tables."


class DatabaseTooNew(DatabaseNotReady):
    """The schema was migrated by a newer userctl."""

    code = "database_too_new"
    hint = "Upgrade userctl on this machine."


class DatabaseDamaged(DatabaseNotReady):
    """The file is not a database, or its contents cannot be read."""

    code = "database_damaged"
    hint = "Restore a backup, or correct the value named here."


class FileDamaged(DatabaseDamaged):
    """The file as a whole is damaged, and not a value in it."""

    hint = "Move the file away, and restore a backup."


_NOUNS = {
    "users": "User",
    "deleted_users": "Deleted user",
    "refresh_tokens": "Token",
    "api_tokens": "API token",
    "audit_events": "Event",
}


class RowUnreadable(DatabaseDamaged):
    """A row holds a value that cannot be read; lists go on without it."""

    def __init__(self, table: str, row: Any, column: str, reason: str) -> None:
        self.row = row
        super().__init__(
            f"{_NOUNS.get(table, 'Row')} {row} cannot be read: {table}.{column} {reason}.",
            hint=_correction_hint(table, row, column),
        )


def _correction_hint(table: str, row: Any, column: str) -> str:
    if table == "users" and column in {"email", "name", "role", "created_at"}:
        option = column.replace("_", "-")
        return f"Correct it with 'userctl user update {row} --{option} ...', or delete the user."
    if table == "users" and "hash" in column:
        return f"Set a new password with 'userctl user passwd {row}', or delete the user."
    return "Correct the value in the database, or delete the row."


class AuditBroken(DatabaseNotReady):
    """The audit trail was altered after it was written."""

    code = "audit_broken"
    hint = "Compare it with a backup, and find out who can write to the database."


class CommitUnknown(DatabaseNotReady):
    """The connection was lost during COMMIT, and whether the change was made is unknown."""

    code = "commit_unknown"
    hint = "Check whether the change was made before you repeat it."
