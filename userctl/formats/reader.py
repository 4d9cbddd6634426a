"""Reads records from CSV and JSON lines."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TextIO

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.formats.csv_cells import csv_text

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

ImportFormat = Literal["csv", "jsonl"]
"""The formats that records can be read from; :data:`READERS` has a row for each."""

IMPORT_EXTENSIONS: Mapping[str, ImportFormat] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def read_records(
    text: TextIO, file_format: ImportFormat, known: Sequence[str]
) -> "Iterator[FileRecord]":
    """Yield the records of a file; one that cannot be read says why.

    Args:
        text: the content of the file, opened with the arguments of
            :data:`~userctl.formats.file_format.TEXT`.
        file_format: its format.
        known: the names that a header may hold.

    Raises:
        InvalidInput: if CSV has no header, or one with an unknown name.
    """
    return READERS[file_format](text, known)


def _read_csv(text: TextIO, known: Sequence[str]) -> "Iterator[FileRecord]":
    record, reader = schemas.transfer.FileRecord, csv.reader(text, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise InvalidInput(f"The header of the CSV cannot be read: {error}.") from None
    _require_known(header, known)
    names = tuple(header)
    # A password is never exported, so that an apostrophe before it is part of it.
    raw = {position for position, name in enumerate(header) if name == "password"}
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield record(line, unreadable=f"Not valid CSV: {error}.")
            continue
        if len(cells) == len(header):
            if "'" in "".join(cells):
                cells = [c if i in raw else csv_text(c) for i, c in enumerate(cells)]
            yield record(line, names, cells)
        elif cells:
            reason = f"Expected {len(header)} cells, found {len(cells)}."
            yield record(line, unreadable=reason)


def _require_known(header: Sequence[str], known: Sequence[str]) -> None:
    hint = f"The first line names the fields: any of {', '.join(known)}."
    if not header:
        raise InvalidInput("The CSV is empty.", hint=hint)
    for position, name in enumerate(header):
        if name not in known:
            raise InvalidInput(f"Unknown field '{name[:40]}' in the header.", hint=hint)
        if name in header[:position]:
            raise InvalidInput(f"The header names the field '{name}' twice.", hint=hint)


def _read_json_lines(text: TextIO, _known: Sequence[str]) -> "Iterator[FileRecord]":
    record = schemas.transfer.FileRecord
    for line, content in enumerate(text, 1):
        if content.isspace():
            continue
        try:
            values = json.loads(content)
        except (ValueError, RecursionError):
            yield record(line, unreadable="Not valid JSON.")
            continue
        if isinstance(values, dict):
            yield _json_record(line, values)
        else:
            yield record(line, unreadable="Not a JSON object.")


def _json_record(line: int, values: dict[str, Any]) -> "FileRecord":
    texts: dict[str, str | None] = {}
    for name, value in values.items():
        if name in schemas.transfer.UNUSED_FIELDS:
            continue
        if not isinstance(value, str | bool | None):
            reason = f"The value of '{name[:40]}' is not a string."
            return schemas.transfer.FileRecord(line, unreadable=reason)
        texts[name] = str(value).lower() if isinstance(value, bool) else value
    return schemas.transfer.FileRecord(line, tuple(texts), tuple(texts.values()))


READERS: Mapping[ImportFormat, Callable[[TextIO, Sequence[str]], "Iterator[FileRecord]"]] = {
    "csv": _read_csv,
    "jsonl": _read_json_lines,
}
