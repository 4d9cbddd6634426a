"""The one place that writes to standard output and standard error."""

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from userctl.errors import OutputLost
from userctl.text import escape_unseen, format_time

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.table import Table

_UNLIMITED_WIDTH = 100_000
_FOLDED = {"email", "name", "label", "value", "source", "summary"}
"""The columns that may go over several lines where a terminal is narrow."""

_FOLDED_WIDTH = 12
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "'")


class Renderer:
    """Prints records in one format.

    Args:
        output: ``table``, ``json``, ``jsonl`` or ``csv``.
        quiet: print only ids.
        fields: the columns to print; None for the default ones.
    """

    def __init__(self, output: str, *, quiet: bool, fields: Sequence[str] | None) -> None:
        self._output = output
        self._quiet = quiet
        self._fields = fields

    def record(self, record: "BaseModel") -> None:
        """Print one record: in JSON an object, in a table a line per field."""
        row = self._picked(record.model_dump())
        if self._quiet:
            self._ids([record])
        elif self._output == "table":
            _print_table(_vertical(row))
        elif self._output == "csv":
            self._csv([row], list(row))
        else:
            write(_json(row, indent=2 if self._output == "json" else None) + "\n")

    def records(
        self, records: Iterable["BaseModel"], columns: Sequence[str], header: Sequence[str] = ()
    ) -> None:
        """Print many records: in JSON an array, in a table the columns named.

        Args:
            records: what to print.
            columns: the columns of a table.
            header: the names of all fields, which CSV begins with also where there is no record.
        """
        if self._quiet:
            self._ids(records)
            return
        rows = (self._picked(record.model_dump()) for record in records)
        if self._output == "table":
            _print_table(_horizontal(rows, self._fields or columns))
        elif self._output == "csv":
            self._csv(rows, self._fields or header)
        elif self._output == "jsonl":
            for row in rows:
                write(_json(row) + "\n")
        else:
            _write_array(rows)

    def _picked(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._fields is None:
            return row
        return {name: row[name] for name in self._fields}

    def _ids(self, records: Iterable["BaseModel"]) -> None:
        for record in records:
            if (identity := getattr(record, "id", None)) is not None:
                write(f"{identity}\n")

    def _csv(self, rows: Iterable[dict[str, Any]], header: Sequence[str]) -> None:
        write(_csv_line(header))
        for row in rows:
            write(_csv_line([_csv_cell(row[name]) for name in header]))


def prepare() -> None:
    """Let standard output take every text: UTF-8 off a terminal, else escapes for what it lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def write(text: str) -> None:
    """Write to standard output.

    Raises:
        OutputLost: if it is closed or takes no more.
    """
    with _output_or_lost():
        if sys.stdout is None:
            raise OSError("it is closed")
        sys.stdout.write(text)


def flush() -> None:
    """Make sure that what was written has arrived.

    Raises:
        OutputLost: if it has not.
    """
    with _output_or_lost():
        if sys.stdout is not None:
            sys.stdout.flush()


@contextmanager
def _output_or_lost() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # What is still buffered would fail once more when the interpreter ends.
        sys.stdout = None
        reason = error.strerror or str(error)
        raise OutputLost(f"Standard output could not be written: {reason}.") from error


def write_error(text: str) -> None:
    """Write a line to standard error, as plain visible text; it cannot fail."""
    if sys.stderr is None:
        return
    encoding = sys.stderr.encoding or "utf-8"
    line = escape_unseen(text).encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # What is still buffered would fail once more when the interpreter ends.
        sys.stderr = None


@contextmanager
def progress(description: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error if that is a terminal and it is wanted.

    Yields:
        A function that takes what is done and what there is to do.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _json(value: Any, indent: int | None = None) -> str:
    # Printable ASCII alone is safe on every terminal and in every locale.
    return json.dumps(value, indent=indent, default=_json_value, ensure_ascii=True)


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return format_time(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _write_array(rows: Iterator[dict[str, Any]]) -> None:
    separator = "["
    for row in rows:
        indented = _json(row, indent=2).replace("\n", "\n  ")
        write(f"{separator}\n  {indented}")
        separator = ","
    write("[]\n" if separator == "[" else "\n]\n")


def _plain(value: Any) -> str:
    """Return a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return escape_unseen(str(value))


def _csv_line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    # Both characters of this terminator are quoted within a cell, and the line ends as lines do.
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def _csv_cell(value: Any) -> str:
    """Return a value as a spreadsheet may open it.

    A text that it would run as a formula gets an apostrophe in front, and so does one that has
    an apostrophe there already, so that a reader gets the text back by dropping one.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = ", ".join(value)
    if isinstance(value, str):
        text = escape_unseen(value) if _on_terminal() else value
        return f"'{text}" if text.startswith(_FORMULA_PREFIXES) else text
    return _plain(value)


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _vertical(row: dict[str, Any]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    # A value is never broken into lines: it may be a token to be copied.
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    for name, value in row.items():
        if value is not None and value != []:
            table.add_row(Text(name), Text(_plain(value)))
    return table


def _horizontal(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(Text(column), overflow="fold", no_wrap=column not in _FOLDED)
    for row in rows:
        table.add_row(*(Text(_plain(row[column])) for column in columns))
    return table


def _print_table(table: "Table") -> None:
    from rich.console import Console

    buffer = io.StringIO()
    terminal = _on_terminal()
    Console(
        file=buffer,
        force_terminal=terminal,
        width=_width(table) if terminal else _UNLIMITED_WIDTH,
        markup=False,
        emoji=False,
        highlight=False,
    ).print(table)
    lines = buffer.getvalue().splitlines()
    write("".join(f"{line.rstrip()}\n" for line in lines))


def _width(table: "Table") -> int:
    """Return the width of the terminal, or more where whole values need it."""
    needed = 2 * (len(table.columns) - 1)
    for column in table.columns:
        cells = [column.header, *column.cells]
        widest = max(getattr(cell, "cell_len", 0) for cell in cells)
        needed += widest if column.no_wrap else min(widest, _FOLDED_WIDTH)
    return max(needed, shutil.get_terminal_size().columns)
