"""Reads records from CSV, as programs and spreadsheets write it."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TextIO

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.formats.csv_cells import csv_text
from userctl.formats.encoding import undecodable_reason
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions, fold_name

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

DELIMITERS = ",;\t|"
"""The delimiters that are detected; the first one in case of doubt."""

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""The first line that spreadsheets may write and read; it names the delimiter."""


class CsvHeader(NamedTuple):
    """The cells of a header as they are.

    ``is_detected`` tells whether the delimiter can be detected from them.
    """

    names: Sequence[str]
    delimiter: str
    is_detected: bool


class BrokenLine(NamedTuple):
    """A line that cannot be read, and why."""

    reason: str
    text: str


def read_csv(text: TextIO, options: ReadOptions) -> "Iterator[FileRecord]":
    """Yield the records of CSV; its header names the fields.

    Raises:
        InvalidInput: if it has no header or one with an unknown name, or a line or a cell is so
            long that a quotation mark is probably not closed.
    """
    rows = CsvRows(text, options)
    header = rows.header()
    columns = _parse_header(header.names, options, text.encoding)
    record, names = schemas.transfer.FileRecord, columns.names
    width = columns.width if columns.places is None else None
    for line, cells in rows:
        if isinstance(cells, BrokenLine):
            broken_source = (header, cells.text) if options.keep_sources else None
            yield record(line, unreadable=cells.reason, source=broken_source)
            continue
        source = (header, cells) if options.keep_sources else None
        content = "".join(cells)
        # Most rows need no special care, and there may be millions.
        if content.isascii() and len(cells) == width and content and "'" not in content:
            yield record(line, names, cells, None, source)
        elif content:
            yield columns.record(line, cells, content)._replace(source=source)


class CsvRows:
    """The lines of CSV and their cells, or why a line cannot be read.

    An unclosed quotation mark swallows what follows. Only the line in which it opens is given up,
    and reading continues with the next line.
    """

    def __init__(self, text: TextIO, options: ReadOptions) -> None:
        self._options = options
        self._source = iter(partial(text.readline, LONGEST_RECORD), "")
        self._pending_lines: deque[str] = deque()
        self._held_lines: list[str] = []
        self._line = 1
        self._rows = self._read_rows()

    def header(self) -> CsvHeader:
        """Return the header, and determine the delimiter."""
        first = named_delimiter = ""
        for first in self._source:
            if match := _SEPARATOR_LINE.fullmatch(first):
                named_delimiter = match[1]
            elif not first.isspace():
                break
            self._line += 1
        if len(first) == LONGEST_RECORD:
            self._refuse(f"longer than {LONGEST_RECORD:,} characters")
        detected_delimiter = self._detect_delimiter(first)
        self._delimiter = self._options.delimiter or named_delimiter or detected_delimiter
        self._pending_lines.append(first)
        _, cells = next(self._rows, (1, []))
        if isinstance(cells, BrokenLine):
            raise InvalidInput(f"The header of the CSV cannot be read: {cells.reason}")
        return CsvHeader(cells, self._delimiter, is_detected=self._delimiter == detected_delimiter)

    def __iter__(self) -> Iterator[tuple[int, list[str] | BrokenLine]]:
        return self._rows

    def _read_rows(self) -> Iterator[tuple[int, list[str] | BrokenLine]]:
        lines, reader = self._held_lines, self._open_reader()
        while True:
            lines.clear()
            line = self._line
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, BrokenLine(self._reason(error), lines[0].rstrip("\r\n"))
                self._line += 1
                self._pending_lines.extendleft(reversed(lines[1:]))
                reader = self._open_reader()
            else:
                self._line += len(lines)
                yield line, cells

    def _open_reader(self) -> Any:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        """Yield lines and keep them, so that they can be read again."""
        hold = self._held_lines.append
        while self._pending_lines:
            hold(line := self._pending_lines.popleft())
            yield line
        for line in self._source:
            if len(line) == LONGEST_RECORD:
                self._refuse(f"longer than {LONGEST_RECORD:,} characters")
            hold(line)
            yield line

    def _reason(self, error: csv.Error) -> str:
        if "field limit" in str(error):
            self._refuse(
                f"a cell longer than {csv.field_size_limit():,} characters; "
                "perhaps a quotation mark is not closed"
            )
        if len(self._held_lines) > 1 or "end of data" in str(error):
            return "A quotation mark is not closed."
        return f"Not valid CSV: {error}."

    def _refuse(self, problem: str) -> NoReturn:
        raise InvalidInput(
            f"The record in line {self._line:,} is too long: {problem}.", hint="Correct this line."
        )

    def _detect_delimiter(self, header: str) -> str:
        """Return the delimiter with which the header has most known names, or else most names."""
        start = header[: csv.field_size_limit()]

        def names(delimiter: str) -> tuple[int, int]:
            cells = next(csv.reader([start], delimiter=delimiter), [])
            matches = [self._options.field(cell) in self._options.fields for cell in cells]
            return sum(matches), len(cells)

        return max(DELIMITERS, key=names)


@dataclass(frozen=True)
class _Columns:
    """The columns of CSV.

    Attributes:
        width: how many columns the header has.
        names: the fields that are read.
        places: their positions; None if they are all columns.
        unnamed: the columns that must be empty, because they have no name.
        raw: the positions of fields that are never exported, so an apostrophe is part of them.
        encoding: the encoding of the file, for messages.
    """

    width: int
    names: tuple[str, ...]
    places: Sequence[int] | None
    unnamed: Sequence[int]
    raw: frozenset[int]
    encoding: str | None

    def record(self, line: int, cells: list[str], content: str) -> "FileRecord":
        """Return the record of a row that is not empty; ``content`` is all its text."""
        record = schemas.transfer.FileRecord
        if reason := undecodable_reason(content, self.encoding):
            return record(line, unreadable=reason)
        if len(cells) > self.width and not any(cells[self.width :]):
            # Spreadsheets fill rows up to the width of the widest.
            del cells[self.width :]
        if len(cells) != self.width:
            reason = f"Expected {self.width} cells, found {len(cells)}."
            return record(line, unreadable=reason)
        for place in self.unnamed:
            if cells[place]:
                reason = f"Cell {place + 1} has no name in the header."
                return record(line, unreadable=reason)
        if self.places is not None:
            cells = [cells[place] for place in self.places]
        if "'" in content:
            cells = [c if i in self.raw else csv_text(c) for i, c in enumerate(cells)]
        return record(line, self.names, cells)


def _parse_header(header: Sequence[str], options: ReadOptions, encoding: str | None) -> _Columns:
    known = ", ".join(options.fields)
    if not any(header):
        raise InvalidInput("The CSV is empty.", hint=f"The first line names the fields: {known}.")
    if reason := undecodable_reason("".join(header), encoding):
        raise InvalidInput(f"The header of the CSV cannot be read: {reason}")
    for name in options.aliases.keys() - set(map(fold_name, header)):
        raise InvalidInput(f"--map names {quote(name)}, which is not in the header.")
    names: dict[int, str] = {}
    for place, name in enumerate(header):
        field = options.field(name) if name.strip() else None
        if field is None:
            continue
        if field not in options.fields:
            raise InvalidInput(
                f"Unknown field {quote(name)} in the header.",
                hint=f"The fields are {known}. Pass --map 'NAME=FIELD' for a field of another "
                "name, or --ignore-unknown to leave out the others.",
            )
        if field in names.values():
            raise InvalidInput(f"The header names the field '{field}' twice.")
        names[place] = field
    fields = tuple(names.values())
    unnamed = () if options.ignore_unknown else [i for i in range(len(header)) if i not in names]
    return _Columns(
        width=len(header),
        names=fields,
        places=None if len(names) == len(header) else list(names),
        unnamed=unnamed,
        raw=frozenset(place for place, name in enumerate(fields) if name == "password"),
        encoding=encoding,
    )
