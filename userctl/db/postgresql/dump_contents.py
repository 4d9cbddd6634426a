"""Reads the contents of a dump of pg_dump, without restoring it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from userctl.db.backup_contents import (
    COUNTED_TABLES,
    READ_TABLES,
    BackupContents,
    parse_stored_time,
)
from userctl.db.postgresql.programs import run_program, start_program
from userctl.db.schema.revisions import VERSION_TABLE

_IN_UTC = {"TZ": "UTC"}
"""The environment of pg_restore in which it shows when a dump was made; pg_dump ran in the same."""

_COPY = re.compile(rb"COPY (?:(\S+)\.)?(\S+) \((.*)\) FROM stdin;\n")
_END = b"\\.\n"


@dataclass
class _Rows:
    """The rows of a table: how many there are, and the one with the largest first value."""

    columns: list[str]
    count: int = 0
    last_row: tuple[int, list[bytes]] | None = None

    def value(self, column: str) -> str | None:
        """Return a value of that row."""
        if self.last_row is None or column not in self.columns:
            return None
        return self.last_row[1][self.columns.index(column)].decode(errors="replace")


def read_contents(file: Path) -> BackupContents:
    """Return the contents of a dump.

    Raises:
        DatabaseToolMissing: if pg_restore is not installed.
        DatabaseToolFailed: if it cannot read the dump.
    """
    listing = run_program(["pg_restore", "--list", str(file.absolute())], _IN_UTC)
    creation = re.search(r"^; Archive created at (\S+ \S+) UTC$", listing, re.MULTILINE)
    options = [f"--table={name}" for name in READ_TABLES]
    command = ["pg_restore", "--data-only", *options, "--file=-", str(file.absolute())]
    with start_program(command) as program:
        schemas = _read_rows(program.output)
        program.finish()
    # Another schema may have tables of these names, too.
    rows_by_table = max(
        schemas.values(), key=lambda tables: (VERSION_TABLE in tables, len(tables)), default={}
    )
    version, events = rows_by_table.get(VERSION_TABLE), rows_by_table.get("audit_events")
    return BackupContents(
        None if version is None else version.value("version_num"),
        {
            name: rows_by_table[name].count if name in rows_by_table else None
            for name in COUNTED_TABLES
        },
        None if events is None else parse_stored_time(events.value("time")),
        None if creation is None else parse_stored_time(creation[1]),
    )


def _read_rows(script: Iterable[bytes]) -> dict[bytes, dict[str, _Rows]]:
    """Return the rows that a script copies, by schema and table."""
    schemas: dict[bytes, dict[str, _Rows]] = defaultdict(dict)
    rows, keeps_last = None, False
    for line in script:
        if rows is None:
            if copy := _COPY.fullmatch(line):
                rows = _Rows([name.strip(' "') for name in copy[3].decode().split(",")])
                table = copy[2].decode().strip('"')
                schemas[copy[1] or b""][table] = rows
                keeps_last = table in {"audit_events", VERSION_TABLE}
        elif line == _END:
            rows = None
        else:
            rows.count += 1
            if keeps_last:
                _keep_last(rows, line)
    return schemas


def _keep_last(rows: _Rows, line: bytes) -> None:
    values = line.rstrip(b"\n").split(b"\t")
    key = int(values[0]) if values[0].isdigit() else 0
    if rows.last_row is None or key >= rows.last_row[0]:
        rows.last_row = (key, values)
