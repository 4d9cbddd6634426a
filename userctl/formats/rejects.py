"""Writes rejected records as they were, each with the reason, so that they can be imported again.

In CSV the reason comes first, so that a row with too many or too few cells still has them.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from userctl import schemas
from userctl.formats.csv_cells import csv_cell, csv_line
from userctl.formats.csv_reader import CsvHeader
from userctl.formats.read_options import fold_name
from userctl.formats.reader import ImportFormat

RejectsFormat = ImportFormat | Literal["text"]
"""The formats of rejected records; text is lines, with the reason before them as a comment."""

RejectedRecords = Iterable[tuple[Any, str]]
"""The ``source`` of each rejected record, and the reason."""

UNREADABLE = "unreadable"
"""The key for a text that is not a JSON object. Users have no such field."""

_SEPARATORS = re.compile(r"[ \t\r\n,:]*")
"""The characters between the keys and the values of an object."""

_ONE_LINE = str.maketrans("\r\n", "  ")


def format_rejects(rejected: RejectedRecords, file_format: RejectsFormat) -> Iterator[str]:
    """Yield the text of rejected records in the format that they had; an array becomes lines.

    Args:
        rejected: the records, which were read with ``keep_sources``.
        file_format: the format of their file.
    """
    return REJECT_WRITERS[file_format](rejected)


def _write_csv(rejected: RejectedRecords) -> Iterator[str]:
    header, reason_field = None, schemas.transfer.REASON_FIELD
    for (source, row), reason in rejected:
        if header is None:
            header = source
            yield from _csv_header(header)
        yield csv_line([csv_cell(reason, escaped=False), *_cells(header, row)], header.delimiter)
    if header is None:
        yield csv_line([reason_field, "email"])


def _csv_header(header: CsvHeader) -> Iterator[str]:
    if not header.is_detected:
        yield f"sep={header.delimiter}\n"
    names = [schemas.transfer.REASON_FIELD, *_cells(header, header.names)]
    yield csv_line(names, header.delimiter)


def _cells(header: CsvHeader, row: Sequence[str] | str) -> Sequence[str]:
    """Return the cells of a row without the reason of an earlier import, if it has one."""
    names = [fold_name(name) for name in header.names]
    reason = schemas.transfer.REASON_FIELD
    place = names.index(reason) if reason in names else None
    if place and not isinstance(row, str) and len(row) != len(names):
        # Without the reason, one that lacks a cell would have as many as it should.
        row = csv_line(row, header.delimiter).rstrip("\n")
    if isinstance(row, str):
        # An unreadable line becomes one cell too many.
        return [*[""] * (len(names) - (place is not None)), row]
    return row if place is None else [*row[:place], *row[place + 1 :]]


def _write_json(rejected: RejectedRecords) -> Iterator[str]:
    reason_field = schemas.transfer.REASON_FIELD
    for text, reason in rejected:
        if _is_object(text):
            members = [member for key, member in _members(text) if fold_name(key) != reason_field]
        else:
            members = [f'"{UNREADABLE}": {json.dumps(text, ensure_ascii=False)}']
        # Only the space between the values of an object has line breaks.
        line = ", ".join([*members, f'"{reason_field}": {json.dumps(reason)}'])
        yield f"{{{line.translate(_ONE_LINE)}}}\n"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the key of each member of a JSON object, and the text of the member."""
    decode = json.JSONDecoder().raw_decode
    position = _skip_separators(text, text.index("{") + 1)
    while text[position] != "}":
        key, end = decode(text, position)
        _, end = decode(text, _skip_separators(text, end))
        yield key, text[position:end]
        position = _skip_separators(text, end)


def _skip_separators(text: str, position: int) -> int:
    match = _SEPARATORS.match(text, position)
    return match.end() if match else position


def _write_text(rejected: RejectedRecords) -> Iterator[str]:
    for text, reason in rejected:
        yield f"# {reason.translate(_ONE_LINE)}\n{text}\n\n"


REJECT_WRITERS: Mapping[RejectsFormat, Callable[[RejectedRecords], Iterator[str]]] = {
    "csv": _write_csv,
    "json": _write_json,
    "jsonl": _write_json,
    "text": _write_text,
}
