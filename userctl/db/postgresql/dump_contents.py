"""Reads what a dump of pg_dump holds, without restoring it."""

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
"""The environment in which pg_restore shows when a dump was made; pg_dump ran in the same."""

_COPY = re.compile(rb"COPY (?:(\S+)\.)?(\S+) \((.*)\) FROM stdin;\n")
_END = b"\\.\n"


@dataclass
class _Rows:
    """The rows of a table: how many there are, and the one with the largest first value."""

    columns: list[str]
    count: int = 0
    last: tuple[int, list[bytes]] | None = None

    def value(self, column: str) -> str | None:
        """Return a value of that row."""
        if self.last is None or column not in self.columns:
            return None
        return self.last[1][self.columns.index(column)].decode(errors="replace")


def read_contents(file: Path) -> BackupContents:
    """Return what a dump holds.

    Raises:
        DatabaseToolMissing: if pg_restore is not installed.
        DatabaseToolFailed: if it cannot read the dump.
    """
    listed = run_program(["pg_restore", "--list", str(file.absolute())], _IN_UTC)
    made = re.search(r"^; Archive created at (\S+ \S+) UTC$", listed, re.MULTILINE)
    tables = [f"--table={name}" for name in READ_TABLES]
    command = ["pg_restore", "--data-only", *tables, "--file=-", str(file.absolute())]
    with start_program(command) as program:
        schemas = _read_rows(program.output)
        program.finish()
    # Another schema may have tables of these names, too.
    ours = max(schemas.values(), key=lambda found: (VERSION_TABLE in found, len(found)), default={})
    version, events = ours.get(VERSION_TABLE), ours.get("audit_events")
    return BackupContents(
        None if version is None else version.value("version_num"),
        {name: ours[name].count if name in ours else None for name in COUNTED_TABLES},
        None if events is None else parse_stored_time(events.value("time")),
        None if made is None else parse_stored_time(made[1]),
    )


def _read_rows(script: Iterable[bytes]) -> dict[bytes, dict[str, _Rows]]:
    """Return the rows that a script copies, by schema and table."""
    schemas: dict[bytes, dict[str, _Rows]] = defaultdict(dict)
    rows, named_last = None, False
    for line in script:
        if rows is None:
            if found := _COPY.fullmatch(line):
                rows = _Rows([name.strip(' "') for name in found[3].decode().split(",")])
                table = found[2].decode().strip('"')
                schemas[found[1] or b""][table] = rows
                named_last = table in {"audit_events", VERSION_TABLE}
        elif line == _END:
            rows = None
        else:
            rows.count += 1
            if named_last:
                _keep_last(rows, line)
    return schemas


def _keep_last(rows: _Rows, line: bytes) -> None:
    values = line.rstrip(b"\n").split(b"\t")
    key = int(values[0]) if values[0].isdigit() else 0
    if rows.last is None or key >= rows.last[0]:
        rows.last = (key, values)
