"""Reads records from CSV and JSON lines."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.formats.csv_cells import csv_text

if TYPE_CHECKING:
    from userctl.schemas import FileRecord

RecordFormat = Literal["csv", "jsonl"]


TEXT: Any = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
"""How a file of records is opened: a byte that is no text becomes what no field accepts."""


STREAM = Path("-")
"""What stands for standard input or output."""


def format_of(file: Path, chosen: RecordFormat | None) -> RecordFormat:
    """Return how the records of a file are written: as is said, or as its name says.

    Raises:
        InvalidInput: if neither says so.
    """
    if chosen is not None:
        return chosen
    if file.suffix == ".csv":
        return "csv"
    if file.suffix in {".jsonl", ".ndjson"}:
        return "jsonl"
    raise InvalidInput(
        "Neither the name of the file nor --format says how the records are written."
    )


def read_records(
    text: TextIO, file_format: RecordFormat, known: Sequence[str]
) -> "Iterator[FileRecord]":
    """Yield the records of a file; one that cannot be read says why.

    Args:
        text: what stands in the file, read as :data:`TEXT` says.
        file_format: how it is written.
        known: the names that a header may hold.

    Raises:
        InvalidInput: if CSV has no header, or one that names what nobody knows.
    """
    return _csv(text, known) if file_format == "csv" else _json_lines(text)


def _csv(text: TextIO, known: Sequence[str]) -> "Iterator[FileRecord]":
    record, reader = schemas.FileRecord, csv.reader(text, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise InvalidInput(f"The header of the CSV cannot be read: {error}.") from None
    _require_known(header, known)
    names = tuple(header)
    # A password is never exported, so that an apostrophe before it is its own.
    own = {position for position, name in enumerate(header) if name == "password"}
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield record(line, unreadable=f"The line is no CSV: {error}.")
            continue
        if len(cells) == len(header):
            if "'" in "".join(cells):
                cells = [c if i in own else csv_text(c) for i, c in enumerate(cells)]
            yield record(line, names, cells)
        elif cells:
            reason = f"The record has {len(cells)} cells, and the header {len(header)}."
            yield record(line, unreadable=reason)


def _require_known(header: Sequence[str], known: Sequence[str]) -> None:
    hint = f"The first line names the fields, some of: {', '.join(known)}."
    if not header:
        raise InvalidInput("The CSV is empty.", hint=hint)
    for name in header:
        if name not in known:
            raise InvalidInput(f"There is no field '{name[:40]}'.", hint=hint)
    if len(set(header)) < len(header):
        raise InvalidInput("The header names a field twice.", hint=hint)


def _json_lines(text: TextIO) -> "Iterator[FileRecord]":
    record = schemas.FileRecord
    for line, content in enumerate(text, 1):
        if content.isspace():
            continue
        try:
            values = json.loads(content)
        except (ValueError, RecursionError):
            yield record(line, unreadable="The line is no JSON.")
            continue
        if isinstance(values, dict):
            yield _json_record(line, values)
        else:
            yield record(line, unreadable="The line is no JSON object.")


def _json_record(line: int, values: dict[str, Any]) -> "FileRecord":
    texts: dict[str, str | None] = {}
    for name, value in values.items():
        if name in schemas.UNUSED_FIELDS:
            continue
        if not isinstance(value, str | bool | None):
            reason = f"The value of '{name[:40]}' is no text."
            return schemas.FileRecord(line, unreadable=reason)
        texts[name] = str(value).lower() if isinstance(value, bool) else value
    return schemas.FileRecord(line, tuple(texts), tuple(texts.values()))
