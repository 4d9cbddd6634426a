"""Runs PostgreSQL's own backup programs, without secrets on their command lines."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Update, literal_column
from sqlalchemy.dialects import postgresql

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseToolMissing, InvalidConfiguration
from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.postgresql.program_errors import describe_failure
from userctl.db.postgresql.session import server_defaults
from userctl.models import TABLES

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
    # The dump says when it was made in the local time of pg_dump, and not which that was.
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
    listed = run_program(["pg_restore", "--list", str(file.absolute())])
    return set(re.findall(r"^\d+; \d+ \d+ TABLE \S+ (\S+) ", listed, re.MULTILINE))


def restore(
    file: Path, url: DatabaseURL, dumped: Collection[str], endings: Mapping[str, Update]
) -> dict[str, int]:
    """Replace the content of a database with that of a dump, in one transaction.

    Other tables stay, unless they are ours: those belong to a later schema, and the migration to it
    could not create them again.

    Args:
        file: the dump.
        url: the database.
        dumped: the tables in the dump.
        endings: what is changed in the restored tables, by their names.

    Returns:
        How many rows of each of these tables were changed.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does; nothing is changed then.
    """
    later = [f"DROP TABLE IF EXISTS {table};" for table in TABLES if table not in dumped]
    if "audit_events" not in dumped:
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
            psql.write(_counted(endings))
            # Until this statement nothing is changed, wherever psql or this process ends.
            psql.write(b"\nCOMMIT;\n")
        counts = psql.finish().split()
    return {table: int(count) for table, count in zip(endings, counts, strict=True)}


def _counted(statements: Mapping[str, Update]) -> bytes:
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


class Program:
    """A running program, with its error output in a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", name: str, errors: IO[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        self._process = process
        self._name = name
        self._errors = errors

    def write(self, text: bytes) -> None:
        """Write to its input, at once."""
        self.input.write(text)
        self.input.flush()

    def read(self, size: int) -> bytes:
        """Return so many bytes of its output, or what there is up to its end."""
        return self.output.read(size)

    def finish(self) -> bytes:
        """Close the input, wait for the end, and return the rest of the output.

        Raises:
            DatabaseToolFailed: if the program failed.
        """
        with suppress(BrokenPipeError):
            self.input.close()
        rest = self.output.read()
        if self._process.wait() != 0:
            self._errors.seek(0)
            raise describe_failure(self._name, self._errors.read())
        return rest


@contextmanager
def start_program(
    command: list[str], environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Start a program, and end it with the block.

    Raises:
        DatabaseToolMissing: if it is not installed.
    """
    name, *arguments = command
    found = shutil.which(name)
    if found is None:
        raise DatabaseToolMissing(f"The PostgreSQL program {name} is not installed.")
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603
            [found, *arguments],
            env={**_inherited_environment(), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            yield Program(process, name, errors)
        finally:
            # Kill it before closing its pipes, which it could take for the end of its input.
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    pipe.close()  # type: ignore[union-attr]


def _inherited_environment() -> dict[str, str]:
    """Return the environment without our own settings, of which some are secrets.

    The messages of the programs are in English, so that their meaning can be found.
    """
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("USERCTL_")}
    return {**inherited, "LC_ALL": "C"}


def run_program(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program to its end, and return its output.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    with start_program(command, environment) as program:
        return program.finish().decode(errors="replace")


def _connection(url: DatabaseURL) -> tuple[str, dict[str, str]]:
    """Return the connection argument, and the environment variables that hold the password."""
    import psycopg  # noqa: PLC0415

    given: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(url.secret)
    environment = {"PGPASSWORD": given.pop("password")} if "password" in given else {}
    hidden = {
        option.keyword.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.dispchar == b"*" or option.keyword.startswith(b"scram_")
    }
    if exposed := hidden & given.keys():
        raise InvalidConfiguration(
            f"The process list would show the option {min(exposed)} of the database URL.",
            hint="Put it into a service file (pg_service.conf), and refer to that with ?service=.",
        )
    given["options"] = f"{given.get('options', '')} {_SESSION}".strip()
    text = psycopg.conninfo.make_conninfo(**{**server_defaults(given), **given})
    return f"--dbname={text}", environment
