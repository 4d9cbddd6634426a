"""The rows of an export, and the records that are made of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO, cast

from userctl import schemas
from userctl.core.text import quote
from userctl.formats.csv_reader import BrokenLine, CsvRows
from userctl.formats.json_window import Repeated, Window
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions, fold_name
from userctl.formats.replayed import Replayed
from userctl.formats.sources.options import SourceOptions, Unusable, User

Row = tuple[int, Any, Any]
"""A record of the file: the line, its value, and what writes it again."""

_NOT_AS_WRITTEN = (
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
)

MakeUser = Callable[[Any, SourceOptions], User | None]
"""Makes a user of the value of a row; None for what is not a user."""


def records(
    rows: Iterable[Row], make: MakeUser, options: SourceOptions
) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the records of rows; one that no user can be made of says why."""
    record = schemas.transfer.FileRecord
    for line, value, content in rows:
        source = content if options.keep_sources else None
        try:
            if isinstance(value, Unusable):
                raise value
            if isinstance(value, Repeated):
                raise Unusable(f"The key {quote(value.key)} appears twice.")
            user = make(value, options)
        except Unusable as error:
            yield record(line, unreadable=str(error), source=source)
        except _NOT_AS_WRITTEN:
            # Whatever an export may contain, it is the record that is wrong.
            yield record(line, unreadable="It is not as the system writes it.", source=source)
        else:
            if user is not None:
                yield record(line, tuple(user), tuple(user.values()), None, source)


def json_rows(text: TextIO, *, inside: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the values of a JSON array, of JSON lines, or of files that follow one another.

    Of an object with an array that is named ``inside``, the elements of that are yielded.

    Raises:
        InvalidInput: if it is not JSON.
    """
    window = Window(text)
    while start := window.peek():
        if start == "[":
            yield from window.elements(inside)
        elif start == "{" and inside:
            yield from window.unwrap(inside)
        else:
            line = window.line
            yield line, *window.value()


def table_rows(text: TextIO) -> Iterator[Row]:
    """Yield the rows of a table in CSV or JSON, by the lower-case names of its columns.

    Raises:
        InvalidInput: if it is neither.
    """
    start = text.readline(LONGEST_RECORD)
    replayed = cast("TextIO", Replayed([start], text))
    if start.lstrip("\ufeff \t").startswith(("{", "[")):
        for line, value, content in json_rows(replayed):
            if isinstance(value, dict):
                folded = {fold_name(str(name)): _text(each) for name, each in value.items()}
                yield line, folded, content
            else:
                yield line, value, content
        return
    rows = CsvRows(replayed, ReadOptions(known=()))
    header = rows.header()
    names = [*map(fold_name, header.names)]
    for line, cells in rows:
        if isinstance(cells, BrokenLine):
            yield line, Unusable(cells.reason), (header, cells.text)
        elif any(cells[len(names) :]) or 0 < len(cells) < len(names):
            reason = f"Expected {len(names)} cells, found {len(cells)}."
            yield line, Unusable(reason), (header, cells)
        elif any(cells):
            yield line, dict(zip(names, cells, strict=False)), (header, cells)


def _text(value: object) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
