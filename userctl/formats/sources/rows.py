"""The rows of an export, and the records made from them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO, cast

from userctl import schemas
from userctl.core.text import quote
from userctl.formats.csv_reader import BrokenLine, CsvRows
from userctl.formats.json_window import RepeatedKey, Window
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions, fold_name
from userctl.formats.replayed_text import ReplayedText
from userctl.formats.sources.options import SourceOptions, UnusableRecord, User

Row = tuple[int, Any, Any]
"""A record of the file: the line, the value, and the source to write it again."""

_FORMAT_ERRORS = (
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
)

MakeUser = Callable[[Any, SourceOptions], User | None]
"""Makes a user from the value of a row; None for what is not a user."""


def records(
    rows: Iterable[Row], make: MakeUser, options: SourceOptions
) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the records of rows; one from which no user can be made has the reason."""
    record = schemas.transfer.FileRecord
    for line, value, content in rows:
        source = content if options.keep_sources else None
        try:
            if isinstance(value, UnusableRecord):
                raise value
            if isinstance(value, RepeatedKey):
                raise UnusableRecord(f"The key {quote(value.key)} appears twice.")
            user = make(value, options)
        except UnusableRecord as error:
            yield record(line, unreadable=str(error), source=source)
        except _FORMAT_ERRORS:
            # Whatever an export contains, the record is at fault.
            yield record(
                line, unreadable="Not in the format that the system writes.", source=source
            )
        else:
            if user is not None:
                yield record(line, tuple(user), tuple(user.values()), None, source)


def json_rows(text: TextIO, *, array_names: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the values of a JSON array, of JSON lines, or of several files in a row.

    Of an object with an array named in ``array_names``, the elements of that are yielded.

    Raises:
        InvalidInput: if it is not JSON.
    """
    window = Window(text)
    while start := window.peek():
        if start == "[":
            yield from window.elements(array_names)
        elif start == "{" and array_names:
            yield from window.unwrap(array_names)
        else:
            line = window.line
            yield line, *window.value()


def table_rows(text: TextIO) -> Iterator[Row]:
    """Yield the rows of a table in CSV or JSON, by the lower-case names of its columns.

    Raises:
        InvalidInput: if it is neither.
    """
    start = text.readline(LONGEST_RECORD)
    whole_text = cast("TextIO", ReplayedText([start], text))
    if start.lstrip("\ufeff \t").startswith(("{", "[")):
        for line, value, content in json_rows(whole_text):
            if isinstance(value, dict):
                fields = {
                    fold_name(str(name)): _to_text(field_value)
                    for name, field_value in value.items()
                }
                yield line, fields, content
            else:
                yield line, value, content
        return
    rows = CsvRows(whole_text, ReadOptions(fields=()))
    header = rows.header()
    names = [*map(fold_name, header.names)]
    for line, cells in rows:
        if isinstance(cells, BrokenLine):
            yield line, UnusableRecord(cells.reason), (header, cells.text)
        elif any(cells[len(names) :]) or 0 < len(cells) < len(names):
            reason = f"Expected {len(names)} cells, found {len(cells)}."
            yield line, UnusableRecord(reason), (header, cells)
        elif any(cells):
            yield line, dict(zip(names, cells, strict=False)), (header, cells)


def _to_text(value: object) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
