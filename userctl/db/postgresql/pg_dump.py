"""Runs PostgreSQL's own backup programs, without secrets on their command lines."""

import re
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Update, literal_column
from sqlalchemy.dialects import postgresql

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import InvalidConfiguration
from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.postgresql import restored_trail
from userctl.db.postgresql.programs import run_program, start_program
from userctl.db.postgresql.session import server_defaults
from userctl.models import TABLES
from userctl.repositories.new_events import NewEvent

MAGIC = b"PGDMP"
"""The first bytes of a dump in pg_dump's custom format."""

_SESSION = f"-c lock_timeout={BUSY_TIMEOUT_SECONDS}s -c client_min_messages=warning"
"""The options of the programs' connections. PgBouncer rejects them, which is intended: the programs
change settings of the session, and PgBouncer would share that session with other clients."""

_NO_LOCK_TIMEOUT = b"SET lock_timeout = 0;"
_LOCK_TIMEOUT = f"SET lock_timeout = '{BUSY_TIMEOUT_SECONDS}s';".encode()
"""A statement near the beginning of every script, and its replacement."""


def dump(url: DatabaseURL, file: Path) -> None:
    """Write a snapshot of a whole database into a file, in pg_dump's custom format.

    Raises:
        DatabaseToolMissing: if pg_dump is not installed.
        DatabaseToolFailed: if it failed, with its error message.
        DiskFull, ReadOnly: if it could not write the file.
    """
    connection, environment = _connection(url)
    lock_wait = f"--lock-wait-timeout={BUSY_TIMEOUT_SECONDS}s"
    output = f"--file={file.absolute()}"
    command = ["pg_dump", "--format=custom", lock_wait, output, connection]
    # The dump has its time of creation in the local time of pg_dump, but not the zone.
    run_program(command, environment | {"TZ": "UTC"})


def require_sound(file: Path) -> None:
    """Make sure that a dump can be read from end to end.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    run_program(["pg_restore", "--file=/dev/null", str(file.absolute())])


def tables(file: Path) -> set[str]:
    """Return the names of the tables in a dump.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    listing = run_program(["pg_restore", "--list", str(file.absolute())])
    return set(re.findall(r"^\d+; \d+ \d+ TABLE \S+ (\S+) ", listing, re.MULTILINE))


def restore(
    file: Path,
    url: DatabaseURL,
    dump_tables: Collection[str],
    updates: Mapping[str, Update],
    event: Callable[[Mapping[str, int]], NewEvent],
) -> dict[str, int]:
    """Replace the content of a database with that of a dump, in one transaction.

    Other tables stay, but not ours: they belong to a later schema, and the migration to it could
    not create them again.

    Args:
        file: the dump.
        url: the database.
        dump_tables: the tables in the dump.
        updates: the updates of restored tables, by their names.
        event: returns the event to record, given how many rows of each of them were changed.

    Returns:
        How many rows of each of these tables were changed.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does; nothing is changed then.
    """
    later = [f"DROP TABLE IF EXISTS {table};" for table in TABLES if table not in dump_tables]
    if "audit_events" not in dump_tables:
        later.append("DROP FUNCTION IF EXISTS userctl_audit_append_only();")
    connection, environment = _connection(url)
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", "--output=/dev/null"]
    script = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--file=-"]
    with (
        start_program(["psql", *options, connection], environment) as psql,
        start_program([*script, str(file.absolute())]) as source,
    ):
        # psql stops at the first statement that fails, and says why.
        with suppress(BrokenPipeError):
            # The DROP statements come first, because the script empties the search path.
            psql.write("\n".join(["BEGIN;", *later, ""]).encode())
            psql.write(source.read(4096).replace(_NO_LOCK_TIMEOUT, _LOCK_TIMEOUT))
            shutil.copyfileobj(source.output, psql.input)
            source.finish()
            counts = psql.ask(_counting_script(updates), len(updates))
            changes_by_table = {
                table: int(count) for table, count in zip(updates, counts, strict=True)
            }
            if restored_trail.has_trail(dump_tables):
                [head] = psql.ask(restored_trail.LAST_EVENT_QUERY.encode(), 1)
                psql.write(restored_trail.append_sql(head, event(changes_by_table)).encode())
            # Nothing is changed before this statement, even if psql or this process ends.
            psql.write(b"\nCOMMIT;\n")
        psql.finish()
    return changes_by_table


def _counting_script(statements: Mapping[str, Update]) -> bytes:
    """Return a script that runs statements and prints how many rows each of them changed."""
    # The script of the dump empties the search path, and its output is not wanted.
    lines = ["", "RESET search_path;", r"\pset tuples_only on", r"\pset format unaligned", r"\o"]
    for statement in statements.values():
        sql = statement.returning(literal_column("1")).compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
        lines.append(f"WITH changed AS ({sql}) SELECT count(*) FROM changed;")  # noqa: S608
    return "\n".join([*lines, ""]).encode()


def _connection(url: DatabaseURL) -> tuple[str, dict[str, str]]:
    """Return the connection argument, and the environment variables that hold the password."""
    import psycopg  # noqa: PLC0415

    parameters: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(url.secret)
    environment = {"PGPASSWORD": parameters.pop("password")} if "password" in parameters else {}
    secret_options = {
        option.keyword.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.dispchar == b"*" or option.keyword.startswith(b"scram_")
    }
    if exposed_options := secret_options & parameters.keys():
        raise InvalidConfiguration(
            f"The process list would show the option {min(exposed_options)} of the database URL.",
            hint="Put it into a service file (pg_service.conf), and refer to that with ?service=.",
        )
    parameters["options"] = f"{parameters.get('options', '')} {_SESSION}".strip()
    text = psycopg.conninfo.make_conninfo(**{**server_defaults(parameters), **parameters})
    return f"--dbname={text}", environment
