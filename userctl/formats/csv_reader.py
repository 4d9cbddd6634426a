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
from userctl.formats.encoding import undecodable
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions, fold_name

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

DELIMITERS = ",;\t|"
"""What may stand between the cells if nothing names it; the first one in case of doubt."""

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""The first line of a file that spreadsheets write and read; it names the delimiter."""


class CsvHeader(NamedTuple):
    """The cells of a header as they are.

    ``is_detected`` tells whether they show what stands between them, the delimiter.
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
    columns = _columns(header.names, options, text.encoding)
    record, names = schemas.transfer.FileRecord, columns.names
    width = columns.width if columns.places is None else None
    for line, cells in rows:
        if isinstance(cells, BrokenLine):
            broken = (header, cells.text) if options.keep_sources else None
            yield record(line, unreadable=cells.reason, source=broken)
            continue
        source = (header, cells) if options.keep_sources else None
        joined = "".join(cells)
        # Most rows need no care, and there may be millions.
        if joined.isascii() and len(cells) == width and joined and "'" not in joined:
            yield record(line, names, cells, None, source)
        elif joined:
            yield columns.record(line, cells, joined)._replace(source=source)


class CsvRows:
    """The lines of CSV and their cells, or why a line cannot be read.

    A quotation mark that is not closed swallows what follows. Only the line in which it opens is
    given up, and reading goes on with the line after it.
    """

    def __init__(self, text: TextIO, options: ReadOptions) -> None:
        self._options = options
        self._rest = iter(partial(text.readline, LONGEST_RECORD), "")
        self._pending: deque[str] = deque()
        self._held: list[str] = []
        self._line = 1
        self._rows = self._read_rows()

    def header(self) -> CsvHeader:
        """Return the header, and find out what stands between cells."""
        first = named = ""
        for first in self._rest:
            if found := _SEPARATOR_LINE.fullmatch(first):
                named = found[1]
            elif not first.isspace():
                break
            self._line += 1
        if len(first) == LONGEST_RECORD:
            self._refuse(f"longer than {LONGEST_RECORD:,} characters")
        detected = self._detect_delimiter(first)
        self._delimiter = self._options.delimiter or named or detected
        self._pending.append(first)
        _, cells = next(self._rows, (1, []))
        if isinstance(cells, BrokenLine):
            raise InvalidInput(f"The header of the CSV cannot be read: {cells.reason}")
        return CsvHeader(cells, self._delimiter, is_detected=self._delimiter == detected)

    def __iter__(self) -> Iterator[tuple[int, list[str] | BrokenLine]]:
        return self._rows

    def _read_rows(self) -> Iterator[tuple[int, list[str] | BrokenLine]]:
        held, reader = self._held, self._open()
        while True:
            held.clear()
            line = self._line
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, BrokenLine(self._reason(error), held[0].rstrip("\r\n"))
                self._line += 1
                self._pending.extendleft(reversed(held[1:]))
                reader = self._open()
            else:
                self._line += len(held)
                yield line, cells

    def _open(self) -> Any:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        """Yield lines and hold them, so that they can be read again."""
        hold = self._held.append
        while self._pending:
            hold(line := self._pending.popleft())
            yield line
        for line in self._rest:
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
        if len(self._held) > 1 or "end of data" in str(error):
            return "A quotation mark is not closed."
        return f"Not valid CSV: {error}."

    def _refuse(self, what: str) -> NoReturn:
        raise InvalidInput(
            f"The record in line {self._line:,} is too long: {what}.", hint="Correct this line."
        )

    def _detect_delimiter(self, header: str) -> str:
        """Return the delimiter with which most names of the header are known, or most are names."""
        start = header[: csv.field_size_limit()]

        def names(delimiter: str) -> tuple[int, int]:
            cells = next(csv.reader([start], delimiter=delimiter), [])
            known = [self._options.field(cell) in self._options.known for cell in cells]
            return sum(known), len(cells)

        return max(DELIMITERS, key=names)


@dataclass(frozen=True)
class _Columns:
    """The columns of CSV.

    Attributes:
        width: how many columns the header has.
        names: the fields that are read.
        places: where they stand; None if they are all columns.
        unnamed: the columns that must be empty, because they have no name.
        raw: the places of fields that are never exported, so that an apostrophe is part of them.
        encoding: the encoding of the file, for messages.
    """

    width: int
    names: tuple[str, ...]
    places: Sequence[int] | None
    unnamed: Sequence[int]
    raw: frozenset[int]
    encoding: str | None

    def record(self, line: int, cells: list[str], joined: str) -> "FileRecord":
        """Return the record of a row that is not empty; ``joined`` is all its text."""
        record = schemas.transfer.FileRecord
        if reason := undecodable(joined, self.encoding):
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
        if "'" in joined:
            cells = [c if i in self.raw else csv_text(c) for i, c in enumerate(cells)]
        return record(line, self.names, cells)


def _columns(header: Sequence[str], options: ReadOptions, encoding: str | None) -> _Columns:
    known = ", ".join(options.known)
    if not any(header):
        raise InvalidInput("The CSV is empty.", hint=f"The first line names the fields: {known}.")
    if reason := undecodable("".join(header), encoding):
        raise InvalidInput(f"The header of the CSV cannot be read: {reason}")
    for name in options.mapped.keys() - set(map(fold_name, header)):
        raise InvalidInput(f"--map names {quote(name)}, which is not in the header.")
    names: dict[int, str] = {}
    for place, name in enumerate(header):
        found = options.field(name) if name.strip() else None
        if found is None:
            continue
        if found not in options.known:
            raise InvalidInput(
                f"Unknown field {quote(name)} in the header.",
                hint=f"The fields are {known}. Pass --map 'NAME=FIELD' for a field of another "
                "name, or --ignore-unknown to leave out the others.",
            )
        if found in names.values():
            raise InvalidInput(f"The header names the field '{found}' twice.")
        names[place] = found
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
