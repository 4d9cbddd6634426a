"""Writes rows as CSV or JSON lines, many at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from userctl.formats.csv_cells import csv_cell, csv_line

Chunks = Iterable[Sequence[Sequence[Any]]]
"""Rows of plain values, some in each chunk."""

ExportFormat = Literal["csv", "jsonl"]
"""The formats that records can be written in; :data:`WRITERS` has a row for each."""

EXPORT_EXTENSIONS: Mapping[str, ExportFormat] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def write_records(
    chunks: Chunks, fields: Sequence[str], file_format: ExportFormat, *, escaped: bool = False
) -> Iterator[str]:
    """Yield the text of each chunk of rows.

    Args:
        chunks: the rows.
        fields: the names of the values of a row.
        file_format: the format to write.
        escaped: whether to escape invisible characters in CSV, as a terminal needs; those in
            JSON always are.
    """
    return WRITERS[file_format](chunks, fields, escaped=escaped)


def _write_csv(chunks: Chunks, fields: Sequence[str], *, escaped: bool) -> Iterator[str]:
    yield csv_line(fields)
    for chunk in chunks:
        rows = ([csv_cell(value, escaped=escaped) for value in row] for row in chunk)
        yield "".join(csv_line(row) for row in rows)


def _write_json_lines(chunks: Chunks, fields: Sequence[str], *, escaped: bool) -> Iterator[str]:
    del escaped  # JSON is plain ASCII for every reader.
    # This takes less than half the time of json.dumps.
    from pydantic_core import to_json

    for chunk in chunks:
        array = to_json([dict(zip(fields, row, strict=True)) for row in chunk], ensure_ascii=True)
        # Inside a string, a backslash would precede the quotation mark.
        yield array[1:-1].replace(b'},{"', b'}\n{"').decode() + "\n"


WRITERS: Mapping[ExportFormat, Callable[..., Iterator[str]]] = {
    "csv": _write_csv,
    "jsonl": _write_json_lines,
}
