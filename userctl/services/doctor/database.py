"""Whether the database itself is in order."""

import sqlite3
from collections.abc import Callable, Iterable

from sqlalchemy import Engine

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseMissing, DatabaseNotMigrated, DatabaseTooNew, ForeignTables
from userctl.core.mounts import network_file_system
from userctl.db.maintenance import inspection
from userctl.db.postgresql import privileges
from userctl.db.sqlite.wal import enable_wal
from userctl.schemas.database import SchemaStatus
from userctl.services.doctor.finding import Finding, ok

Version = tuple[int, ...]

OLDEST: Version = (3, 35, 0)
"""Before this SQLite could not drop columns, which a downgrade does."""

SOUND: Version = (3, 51, 3)
"""Since this the log is safe where it begins anew (SQLite release notes)."""

_SCHEMA_ADVICE = {
    "missing": DatabaseMissing.hint,
    "empty": DatabaseNotMigrated.hint,
    "foreign": ForeignTables.hint,
    "outdated": DatabaseNotMigrated.hint,
    "too_new": DatabaseTooNew.hint,
}


class DatabaseChecks:
    """Checks that need a connection, and no schema."""

    def __init__(self, engine: Callable[[], Engine], url: DatabaseURL) -> None:
        self._engine = engine
        self._url = url

    def connection(self) -> Iterable[Finding]:
        """Check that the database answers."""
        return [ok(f"{self._url} answers: {inspection.describe(self._engine())}.")]

    def schema(self, status: SchemaStatus) -> Iterable[Finding]:
        """Check that the schema is the one that this userctl needs."""
        if status.state == "current":
            return [ok(f"The schema is at revision {status.current}.")]
        pending = f" {len(status.pending)} migrations are pending." if status.pending else ""
        return [
            Finding(
                "failure",
                f"The schema is {status.state.replace('_', ' ')} "
                f"(revision {status.current or 'none'}, needed {status.head}).{pending}",
                _SCHEMA_ADVICE[status.state],
            )
        ]

    def sqlite_version(self, version: Version = sqlite3.sqlite_version_info) -> Iterable[Finding]:
        """Check that the library is new enough, and tell of the fault that most of them have.

        Args:
            version: the version of the library.
        """
        name = f"SQLite {'.'.join(map(str, version))}"
        if version < OLDEST:
            needed = ".".join(map(str, OLDEST))
            return [Finding("failure", f"{name} is older than {needed}.", "Use a newer Python.")]
        if version >= SOUND:
            return [ok(f"{name} is new enough.")]
        # No warning, because few can help it, and nobody reads what comes every day.
        return [
            ok(
                f"{name} is new enough. Before 3.51.3 a file could be damaged, very rarely, where "
                "two processes worked on its log at the same instant: keep backups."
            )
        ]

    def journal(self) -> Iterable[Finding]:
        """Check that readers and writers of an SQLite file keep out of each other's way."""
        path = self._url.sqlite_path
        assert path is not None
        if kind := network_file_system(path):
            yield Finding(
                "failure",
                f"{path} lies on a network file system ({kind}), whose locks SQLite cannot trust.",
                "Move it to a local disk, or use PostgreSQL.",
            )
        mode = inspection.journal_mode(self._engine())
        if mode == "wal":
            yield ok("The journal mode is WAL.")
        else:
            yield Finding(
                "warning",
                f"The journal mode is {mode}, so that whoever writes keeps others from reading.",
                "Give --fix.",
                lambda: enable_wal(self._engine()),
            )

    def integrity(self) -> Iterable[Finding]:
        """Check that all rows can be read and belong together."""
        found = inspection.find_damage(self._engine())
        advice = "Restore a backup ('userctl db restore'), or correct what is named here."
        return [Finding("failure", f"Damaged: {what}.", advice) for what in found] or [
            ok("Nothing is damaged, and no row refers to one that is not there.")
        ]

    def tokens(self) -> Iterable[Finding]:
        """Check that tokens of SQLite go with their account, whoever made the tables."""
        advice = "Run 'userctl db adopt', after each migration of the application."
        return [
            Finding("failure", f"Tokens outlive accounts: {what}.", advice)
            for what in inspection.find_token_problems(self._engine())
        ] or [ok("Tokens go with their accounts.")]

    def role(self) -> Iterable[Finding]:
        """Check that the role on the server may do what it needs to, and no more."""
        if lacks := privileges.missing_privileges(self._engine()):
            return [
                Finding(
                    "failure",
                    f"The database role lacks {', '.join(lacks)}.",
                    "Grant it, or let the role own the tables.",
                )
            ]
        if excess := privileges.excess_privileges(self._engine()):
            return [
                Finding(
                    "warning",
                    f"The database role may do more than it needs: {', '.join(excess)}.",
                    "Use a role of its own that owns nothing but the database of the accounts.",
                )
            ]
        return [ok("The database role may do what it needs to, and no more.")]
