"""Checks of the database itself."""

import sqlite3
from collections.abc import Iterable

from userctl.config.paths import require_database_file
from userctl.core.errors import DatabaseMissing, DatabaseNotMigrated, DatabaseTooNew, ForeignTables
from userctl.core.mounts import network_file_system
from userctl.db.maintenance import inspection
from userctl.db.postgresql import privileges
from userctl.db.postgresql.errors import SEE_ALL
from userctl.db.sqlite.wal import enable_wal
from userctl.services.doctor.finding import Finding, ok
from userctl.services.doctor.installation import Installation

Version = tuple[int, ...]

OLDEST_VERSION: Version = (3, 35, 0)
"""Older versions cannot drop columns, which a downgrade does."""

SAFE_VERSION: Version = (3, 51, 3)
"""The first version in which restarting the write-ahead log is safe (SQLite release notes)."""

_SCHEMA_ADVICE = {
    "missing": DatabaseMissing.hint,
    "empty": DatabaseNotMigrated.hint,
    "foreign": ForeignTables.hint,
    "outdated": DatabaseNotMigrated.hint,
    "too_new": DatabaseTooNew.hint,
}


def connection(installation: Installation) -> Iterable[Finding]:
    """Check that the database answers."""
    require_database_file(installation.url)
    return [ok(f"{installation.url} answers: {inspection.describe(installation.open_engine())}.")]


def schema(installation: Installation) -> Iterable[Finding]:
    """Check that the schema is the one that this version of userctl needs."""
    status = installation.open_schema().status()
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


def sqlite_version(_installation: Installation) -> Iterable[Finding]:
    """Check that the SQLite library is new enough."""
    return [judge_version(sqlite3.sqlite_version_info)]


def judge_version(version: Version) -> Finding:
    """Return the finding about a version of SQLite."""
    name = f"SQLite {'.'.join(map(str, version))}"
    if version < OLDEST_VERSION:
        needed = ".".join(map(str, OLDEST_VERSION))
        return Finding("failure", f"{name} is older than {needed}.", "Use a newer Python.")
    if version >= SAFE_VERSION:
        return ok(f"{name} is new enough.")
    # Not a warning: few can change it, and a warning every day is soon ignored.
    return ok(
        f"{name} is new enough. Versions before 3.51.3 can, very rarely, damage a file "
        "when two processes use its log at the same instant. Keep backups."
    )


def journal(installation: Installation) -> Iterable[Finding]:
    """Check that readers and writers of an SQLite file do not block each other."""
    path = installation.url.sqlite_path
    assert path is not None
    if share := network_file_system(path):
        yield Finding(
            "failure",
            f"{path} is on a network file system ({share.kind}), {share.source} mounted at "
            f"{share.point}. SQLite cannot rely on its locks.",
            "Move it to a local disk, or use PostgreSQL.",
        )
    if (names := path.stat().st_nlink) > 1:
        yield Finding(
            "failure",
            f"{path} has {names} names (hard links), and SQLite keeps a separate log for each.",
            "Stop the programs that use it, and remove every name but one.",
        )
    mode = inspection.journal_mode(installation.open_engine())
    if mode == "wal":
        yield ok("The journal mode is WAL.")
    else:
        yield Finding(
            "warning",
            f"The journal mode is {mode}, in which a writer blocks readers.",
            "Pass --fix.",
            lambda: _enable_wal(installation),
        )


def _enable_wal(installation: Installation) -> str:
    before = inspection.journal_mode(installation.open_engine())
    enable_wal(installation.open_engine())
    return f"Changed the journal mode of {installation.url.sqlite_path} from {before} to wal."


def integrity(installation: Installation) -> Iterable[Finding]:
    """Check that all rows can be read and all references are valid."""
    damaged = inspection.find_damage(installation.open_engine())
    advice = "Restore a backup ('userctl db restore'), or repair the parts named here."
    return [Finding("failure", f"Damaged: {part}.", advice) for part in damaged] or [
        ok("No damage, and no row refers to a missing one.")
    ]


def tokens(installation: Installation) -> Iterable[Finding]:
    """Check that SQLite deletes tokens with their user, in adopted tables too."""
    advice = "Run 'userctl db adopt' after each migration of the application."
    return [
        Finding("failure", f"Tokens outlive users: {problem}.", advice)
        for problem in inspection.find_token_problems(installation.open_engine())
    ] or [ok("Tokens are deleted with their users.")]


def role(installation: Installation) -> Iterable[Finding]:
    """Check that the database role has the privileges that it needs, and no more."""
    if missing := privileges.missing_privileges(installation.open_engine()):
        return [
            Finding(
                "failure",
                f"The database role lacks {', '.join(missing)}.",
                "Grant them, or make the role the owner of the tables.",
            )
        ]
    if excess := privileges.excess_privileges(installation.open_engine()):
        return [
            Finding(
                "warning",
                f"The database role has more privileges than it needs: {', '.join(excess)}.",
                "Use a dedicated role that owns only this database.",
            )
        ]
    return [ok("The database role has the privileges that it needs, and no more.")]


def row_security(installation: Installation) -> Iterable[Finding]:
    """Check that no policy hides rows from the database role."""
    if hidden := privileges.tables_with_hidden_rows(installation.open_engine()):
        return [
            Finding(
                "failure",
                f"Row level security hides rows from the database role in {', '.join(hidden)}.",
                SEE_ALL,
            )
        ]
    return [ok("The database role sees all rows.")]


def encoding(installation: Installation) -> Iterable[Finding]:
    """Check that the database can store every character."""
    name = inspection.encoding(installation.open_engine())
    if name == "UTF8":
        return [ok("The encoding is UTF8.")]
    return [
        Finding(
            "warning",
            f"The encoding of the database is {name}, which lacks characters that names may use.",
            "Copy the users into a database with the encoding UTF8: 'userctl db copy'.",
        )
    ]
