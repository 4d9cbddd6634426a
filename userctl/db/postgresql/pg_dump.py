"""PostgreSQL's own programs for backups, which learn no secret from their command lines."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseToolFailed, DatabaseToolMissing, InvalidConfiguration
from userctl.core.text import escape_invisible
from userctl.db.engine import BUSY_TIMEOUT_SECONDS, server_defaults
from userctl.models import TABLES

MAGIC = b"PGDMP"
"""What a dump in pg_dump's custom format begins with."""

_SESSION = f"-c lock_timeout={BUSY_TIMEOUT_SECONDS}s -c client_min_messages=warning"
"""How a connection of the programs begins. PgBouncer refuses such options, which is as well: the
programs change settings for good, and it would hand the connection on to others with these."""

_FOR_EVER = b"SET lock_timeout = 0;"
_FOR_LONG = f"SET lock_timeout = '{BUSY_TIMEOUT_SECONDS}s';".encode()
"""What a script says near its beginning, and what it should."""


def dump(url: DatabaseURL, file: Path) -> None:
    """Write all of a database, as it is at one moment, into a file of pg_dump's custom format.

    Raises:
        DatabaseToolMissing: if pg_dump is not installed.
        DatabaseToolFailed: if it failed, with what it said.
    """
    connection, environment = _connection(url)
    patience = f"--lock-wait-timeout={BUSY_TIMEOUT_SECONDS}s"
    place = f"--file={file.absolute()}"
    _run(["pg_dump", "--format=custom", patience, place, connection], environment)


def require_sound(file: Path) -> None:
    """Make sure that a dump can be read from end to end.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    _run(["pg_restore", "--file=/dev/null", str(file.absolute())])


def tables(file: Path) -> set[str]:
    """Return the names of the tables in a dump.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    listed = _run(["pg_restore", "--list", str(file.absolute())])
    return set(re.findall(r"^\d+; \d+ \d+ TABLE \S+ (\S+) ", listed, re.MULTILINE))


def restore(file: Path, url: DatabaseURL, kept: Collection[str]) -> None:
    """Put the content of a dump in the place of what a database holds, in one transaction.

    Tables that are not in the dump stay, unless they are ours: a later schema has them, and
    migrating to it would find them there.

    Args:
        file: the dump.
        url: the database.
        kept: the tables in the dump.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does; nothing is changed then.
    """
    later = [f"DROP TABLE IF EXISTS {table};" for table in TABLES if table not in kept]
    if "audit_events" not in kept:
        later.append("DROP FUNCTION IF EXISTS userctl_audit_append_only();")
    connection, environment = _connection(url)
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", "--output=/dev/null"]
    script = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--file=-"]
    with (
        _started(["psql", *options, connection], environment) as psql,
        _started([*script, str(file.absolute())]) as source,
    ):
        # psql ends early where a statement fails, and says why.
        with suppress(BrokenPipeError):
            # What is dropped comes first, because the script ends the search for tables without
            # their schema.
            psql.write("\n".join(["BEGIN;", *later, ""]).encode())
            psql.write(source.read(4096).replace(_FOR_EVER, _FOR_LONG))
            shutil.copyfileobj(source.output, psql.input)
            source.finish()
            # Without this, wherever the script ends or we do, nothing was changed.
            psql.write(b"\nCOMMIT;\n")
        psql.finish()


class _Program:
    """A program that runs, and whose complaints are kept."""

    def __init__(self, process: "subprocess.Popen[bytes]", name: str, said: IO[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        self._process = process
        self._name = name
        self._said = said

    def write(self, text: bytes) -> None:
        self.input.write(text)
        self.input.flush()

    def read(self, size: int) -> bytes:
        return self.output.read(size)

    def finish(self) -> bytes:
        """Wait for the end, and return what is still to be read.

        Raises:
            DatabaseToolFailed: if the program did.
        """
        with suppress(BrokenPipeError):
            self.input.close()
        rest = self.output.read()
        if self._process.wait() != 0:
            self._said.seek(0)
            raise _failure(self._name, self._said.read())
        return rest


@contextmanager
def _started(
    command: list[str], environment: Mapping[str, str] | None = None
) -> Iterator[_Program]:
    """Run a program beside us, which does not outlive the block."""
    name, *arguments = command
    found = shutil.which(name)
    if found is None:
        raise DatabaseToolMissing(f"The program {name} of PostgreSQL is not installed.")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            [found, *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        try:
            yield _Program(process, name, said)
        finally:
            # Before its pipes are closed, which it might take for the end of its work.
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    pipe.close()  # type: ignore[union-attr]


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    with _started(command, environment) as program:
        return program.finish().decode(errors="replace")


def _connection(url: DatabaseURL) -> tuple[str, dict[str, str]]:
    """Return what may stand on a command line, and what goes into the environment instead."""
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
            f"The option {min(exposed)} of the database URL would be seen by everybody here.",
            hint="Put it into a service file (pg_service.conf), and name that with ?service=.",
        )
    given["options"] = f"{given.get('options', '')} {_SESSION}".strip()
    text = psycopg.conninfo.make_conninfo(**{**server_defaults(given), **given})
    return f"--dbname={text}", environment


def _failure(program: str, said: bytes) -> DatabaseToolFailed:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower()] or lines or ["it said nothing"]
    complaint = escape_invisible(errors[0].removeprefix(f"{program}: "))[:300]
    hint = None
    if "startup parameter" in complaint:
        hint = "Nothing was changed. Name the server itself in the URL, not PgBouncer."
    return DatabaseToolFailed(f"{program} failed ({complaint}).", hint=hint)
