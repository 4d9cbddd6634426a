"""Purging half of many tokens."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
from bench import FLOORS, PASSWORD, Bench
from measure import CommandFailed, Row, Sample

TOKENS, EXPIRED, ACCOUNTS = 2_000_000, 1_000_000, 100_000
WORST_WAIT_MS = 150
PURGE = ("token", "purge", "--older-than", "1d", "--quiet")


def _yesterday() -> str:
    return f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d %H:%M:%S.%f}"


@contextmanager
def _write_beside(database: Path) -> Iterator[dict[str, float]]:
    """Let another process write; yield a dictionary that gets its worst wait afterwards."""
    waits: dict[str, float] = {}
    process = subprocess.Popen(
        [sys.executable, str(FLOORS / "write_beside.py"), str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    try:
        yield waits
    finally:
        output, _ = process.communicate()
        if process.returncode:
            raise CommandFailed("The program that writes beside the purge failed.")
        waits["worst wait ms"] = float(output)


def sqlite(bench: Bench) -> Row:
    """Purge on SQLite while another process writes; the floor has the file to itself."""
    accounts = bench.count(ACCOUNTS)
    template = databases.sqlite(bench, accounts, bench.count(TOKENS), bench.count(EXPIRED))
    address = databases.first_address(accounts)

    def ours() -> Sample:
        database = databases.sqlite_copy(bench, template)
        url = f"sqlite:///{database}"
        with _write_beside(database) as waits:
            purged = bench.userctl(url, *PURGE)
            # Logins work as always.
            bench.userctl(url, "login", address, "--no-store", "--password-stdin", stdin=PASSWORD)
        return replace(purged, others={**purged.others, **waits})

    def floor() -> Sample:
        database = databases.sqlite_copy(bench, template)
        return bench.floor("delete_sqlite.py", str(database), _yesterday())

    return Row(ours, floor, at_most=2.0, limits={"worst wait ms": WORST_WAIT_MS})


def postgresql(bench: Bench) -> Row:
    """Purge on PostgreSQL."""
    sizes = bench.count(ACCOUNTS), bench.count(TOKENS), bench.count(EXPIRED)
    template = databases.postgresql(bench, *sizes)

    def ours() -> Sample:
        return bench.userctl(databases.postgresql_copy(bench, template), *PURGE)

    def floor() -> Sample:
        url = databases.postgresql_copy(bench, template)
        return bench.floor("delete_postgresql.py", url, f"{_yesterday()}+00")

    return Row(ours, floor, at_most=1.5)


ROWS = {
    "purge 1,000,000 of 2,000,000 tokens, SQLite / one DELETE": sqlite,
    "purge 1,000,000 of 2,000,000 tokens, PostgreSQL / one DELETE": postgresql,
}
