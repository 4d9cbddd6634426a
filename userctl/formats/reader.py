"""Reads records in each of the formats that can be imported."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TextIO

from userctl.formats.csv_reader import read_csv
from userctl.formats.json_reader import read_json, read_json_lines
from userctl.formats.read_options import ReadOptions

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

ImportFormat = Literal["csv", "json", "jsonl"]
"""The formats that records can be read from; :data:`READERS` has a row for each."""

IMPORT_EXTENSIONS: Mapping[str, ImportFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def read_records(
    text: TextIO, file_format: ImportFormat, options: ReadOptions
) -> "Iterator[FileRecord]":
    """Yield the records of a file; an unreadable one has the reason.

    Args:
        text: the content of the file, as :func:`~userctl.formats.source.open_source` opens it.
        file_format: its format.
        options: how it is read.

    Raises:
        InvalidInput: if CSV has no header or one with an unknown name, or a record is so broken or
            so long that its end cannot be found.
    """
    return READERS[file_format](text, options)


READERS: Mapping[ImportFormat, Callable[[TextIO, ReadOptions], "Iterator[FileRecord]"]] = {
    "csv": read_csv,
    "json": read_json,
    "jsonl": read_json_lines,
}
