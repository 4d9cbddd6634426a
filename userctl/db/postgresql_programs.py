"""PostgreSQL's own programs for backups, which learn no secret from their command lines."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from userctl.database_url import DatabaseURL
from userctl.db.engine import BUSY_TIMEOUT_SECONDS, server_defaults
from userctl.errors import DatabaseToolFailed, DatabaseToolMissing, InvalidConfiguration
from userctl.models import TABLES
from userctl.text import escape_unseen

MAGIC = b"PGDMP"
"""What a dump in pg_dump's custom format begins with."""

_SESSION = f"-c lock_timeout={BUSY_TIMEOUT_SECONDS}s -c client_min_messages=warning"
"""How a connection of the programs begins. PgBouncer refuses such options, which is as well: the
programs change settings for good, and it would hand the connection on to others with these."""


def dump(url: DatabaseURL, file: Path) -> None:
    """Write all of a database, as it is at one moment, into a file of pg_dump's custom format.

    Raises:
        DatabaseToolMissing: if pg_dump is not installed.
        DatabaseToolFailed: if it failed, with what it said.
    """
    connection, environment = _connection(url)
    _run(["pg_dump", "--format=custom", f"--file={file}", connection], environment)


def require_sound(file: Path) -> None:
    """Make sure that a dump can be read from end to end.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    _run(["pg_restore", "--file=/dev/null", str(file)])


def restore(file: Path, url: DatabaseURL) -> None:
    """Put the content of a dump in the place of what a database holds, in one transaction.

    Tables that are not in the dump stay, unless they are ours: a later schema has them, and
    migrating to it would find them there.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does; nothing is changed then.
    """
    listed = _run(["pg_restore", "--list", str(file)])
    kept = set(re.findall(r"^\d+; \d+ \d+ TABLE \S+ (\S+) ", listed, re.MULTILINE))
    later = [f"DROP TABLE IF EXISTS {table}" for table in TABLES if table not in kept]
    if "audit_events" not in kept:
        later.append("DROP FUNCTION IF EXISTS userctl_audit_append_only()")
    connection, environment = _connection(url)
    script = _start(["pg_restore", "--clean", "--if-exists", "--no-owner", "--file=-", str(file)])
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    # These come first, because the script ends the search for tables without their schema.
    work = [*(f"--command={statement}" for statement in later), "--file=-"]
    psql = _start(["psql", *options, *work, connection], environment)
    with psql, script:
        # psql ends early where a statement fails, and says why.
        with suppress(BrokenPipeError):
            shutil.copyfileobj(_pipe(script.stdout), _pipe(psql.stdin))
        _, complaint = script.communicate()
        if script.returncode > 0:
            # What psql got so far is a part, and it commits where its input ends.
            psql.kill()
            raise _failure("pg_restore", complaint)
        _, complaint = psql.communicate()
        if psql.returncode != 0:
            raise _failure("psql", complaint)


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    with _start(command, environment) as process:
        output, complaint = process.communicate()
    if process.returncode != 0:
        raise _failure(command[0], complaint)
    return output.decode(errors="replace")


def _start(
    command: list[str], environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    program, *arguments = command
    found = shutil.which(program)
    if found is None:
        raise DatabaseToolMissing(f"The program {program} of PostgreSQL is not installed.")
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603
        [found, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


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
    complaint = escape_unseen(errors[0].removeprefix(f"{program}: "))[:300]
    hint = None
    if "startup parameter" in complaint:
        hint = "Nothing was changed. Name the server itself in the URL, not PgBouncer."
    return DatabaseToolFailed(f"{program} failed ({complaint}).", hint=hint)
