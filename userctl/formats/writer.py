"""Writes rows as CSV or JSON lines, many at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from userctl.formats.csv_cells import csv_cell, csv_line
from userctl.formats.reader import RecordFormat


def record_lines(
    chunks: Iterable[Sequence[Sequence[Any]]],
    fields: Sequence[str],
    file_format: RecordFormat,
    *,
    escaped: bool = False,
) -> Iterator[str]:
    """Yield the text of each chunk of rows.

    Args:
        chunks: rows of plain values, some in each.
        fields: what the values of a row are called.
        file_format: how to write them.
        escaped: whether unseen characters in CSV are escaped, as a terminal needs it; those in
            JSON always are.
    """
    if file_format == "csv":
        yield csv_line(fields)
        for chunk in chunks:
            rows = ([csv_cell(value, escaped=escaped) for value in row] for row in chunk)
            yield "".join(csv_line(row) for row in rows)
        return
    # It takes less than half of what json.dumps does.
    from pydantic_core import to_json

    for chunk in chunks:
        array = to_json([dict(zip(fields, row, strict=True)) for row in chunk], ensure_ascii=True)
        # Within a text there would be a backslash before the quotation mark.
        yield array[1:-1].replace(b'},{"', b'}\n{"').decode() + "\n"
