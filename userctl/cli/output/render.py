"""The one place that writes to standard output and standard error."""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from userctl.cli.output.cells import BAD
from userctl.cli.output.pager import page_output, pager_command
from userctl.cli.output.records import LINES, json_text, write_array
from userctl.cli.output.screen import Screen, detect_screen
from userctl.cli.output.table import format_record, format_table
from userctl.core.errors import OutputLost
from userctl.core.text import escape_invisible
from userctl.formats.csv_cells import csv_cell, csv_line

if TYPE_CHECKING:
    from pydantic import BaseModel


class ReaderLeft(Exception):
    """The reader of standard output, such as ``head``, closed the pipe."""


class Renderer:
    """Prints records in one format.

    Args:
        output: ``table``, ``json``, ``jsonl``, ``csv``, or ``raw``: the values of the fields and
            nothing else.
        quiet: print only ids.
        fields: the fields to print; None for the default ones.
        header: whether tables and CSV begin with the names of their columns.
        use_pager: whether a pager shows a long table on a terminal.
        names: the names of all fields, for the header of CSV.
    """

    def __init__(
        self,
        output: str,
        *,
        quiet: bool,
        fields: Sequence[str] | None,
        header: bool = True,
        use_pager: bool = False,
        names: Sequence[str] = (),
    ) -> None:
        self._output = output
        self._quiet = quiet
        self._fields = fields
        self._header = header
        self._use_pager = use_pager
        self._names = names

    def print_record(self, record: "BaseModel") -> None:
        """Print one record: an object in JSON, a line per field in a table."""
        row = self._pick(record.model_dump())
        if self._quiet:
            self._print_ids([record])
        elif self._output == "table":
            write(format_record(row, _screen()))
        elif self._output == "csv":
            self._print_csv([row], list(row))
        elif self._output in LINES:
            write(LINES[self._output](row) + "\n")
        else:
            write(json_text(row, indent=2) + "\n")

    def print_records(self, records: Iterable["BaseModel"], columns: Sequence[str]) -> int:
        """Print many records and return their number: an array in JSON, columns in a table.

        Args:
            records: what to print.
            columns: the columns of a table.
        """
        counter = _RecordCounter(records)
        if self._quiet:
            self._print_ids(counter)
            return counter.number
        rows = (self._pick(record.model_dump()) for record in counter)
        if self._output == "table":
            self._print_table(rows, self._fields or columns)
        elif self._output == "csv":
            self._print_csv(rows, self._fields or self._names)
        elif self._output in LINES:
            for row in rows:
                write(LINES[self._output](row) + "\n")
        else:
            write_array(rows, write)
        return counter.number

    def _print_table(self, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
        screen = _screen()
        blocks = format_table(rows, columns, screen, header=self._header)
        pager = pager_command() if self._use_pager and screen is not None else None
        if pager is None:
            for block in blocks:
                write(block)
            return
        try:
            with page_output(pager, write) as write_page:
                for block in blocks:
                    write_page(block)
        except BrokenPipeError as error:
            raise ReaderLeft from error

    def _pick(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._fields is None:
            return row
        return {name: row[name] for name in self._fields}

    def _print_ids(self, records: Iterable["BaseModel"]) -> None:
        for record in records:
            if (identity := getattr(record, "id", None)) is not None:
                write(f"{identity}\n")

    def _print_csv(self, rows: Iterable[dict[str, Any]], header: Sequence[str]) -> None:
        if self._header:
            write(csv_line(header))
        escaped = is_terminal()
        for row in rows:
            write(csv_line([csv_cell(row[name], escaped=escaped) for name in header]))


class _RecordCounter:
    """Counts the records that it yields."""

    def __init__(self, records: Iterable["BaseModel"]) -> None:
        self._records = records
        self.number = 0

    def __iter__(self) -> Iterator["BaseModel"]:
        for record in self._records:
            self.number += 1
            yield record


def prepare_stdout() -> None:
    """Make standard output accept any text: as UTF-8 off a terminal, with escapes on one."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def write(text: str) -> None:
    """Write to standard output.

    Raises:
        OutputLost: if it is closed, or writing fails.
        ReaderLeft: if it is a pipe without a reader.
    """
    with _convert_output_errors():
        if sys.stdout is None:
            raise OSError("it is closed")
        sys.stdout.write(text)


def flush() -> None:
    """Make sure that everything written to standard output has arrived.

    Raises:
        OutputLost: if it has not.
        ReaderLeft: if nothing reads it anymore.
    """
    with _convert_output_errors():
        if sys.stdout is not None:
            sys.stdout.flush()


@contextmanager
def _convert_output_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # The rest of the buffer would fail again when the interpreter exits.
        sys.stdout = None
        if error.errno == errno.EPIPE:
            raise ReaderLeft from error
        reason = error.strerror or str(error)
        raise OutputLost(f"Cannot write to standard output: {reason}.") from error


def write_error(text: str, *, label: str = "") -> None:
    """Write a line to standard error with invisible characters escaped; never fail.

    Args:
        text: the line.
        label: a prefix, in color on a terminal.
    """
    if sys.stderr is None:
        return
    encoding = sys.stderr.encoding or "utf-8"
    line = escape_invisible(text).encode(encoding, "backslashreplace").decode(encoding)
    try:
        if label:
            painted = detect_screen(os.environ).paint(label, BAD) if sys.stderr.isatty() else label
            line = f"{painted} {line}"
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # The rest of the buffer would fail again when the interpreter exits.
        sys.stderr = None


Progress = Callable[[str, int, int | None], None]
"""Takes the name of a task, the number of items done, and the total if it is known."""


def no_progress(_task: str, _done: int, _total: int | None) -> None:
    """Show no progress."""


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Progress]:
    """Show progress bars on standard error, unless quiet or off a terminal.

    Yields:
        A function that moves the bar of a task, and creates it with the first call.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield no_progress
        return
    from userctl.cli.output.progress import show_progress_bars

    with show_progress_bars() as show:
        yield show


def _screen() -> Screen | None:
    return detect_screen(os.environ) if is_terminal() else None


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
