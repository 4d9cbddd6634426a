"""The one place that writes to standard output and standard error."""

import errno
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from userctl.cli.output.table import format_record, format_table
from userctl.core.errors import OutputLost
from userctl.core.text import escape_invisible, rfc3339
from userctl.formats.csv_cells import csv_cell, csv_line

if TYPE_CHECKING:
    from pydantic import BaseModel


class ReaderLeft(Exception):
    """What read standard output has ended, as ``head`` does, and wants no more of it."""


class Renderer:
    """Prints records in one format.

    Args:
        output: ``table``, ``json``, ``jsonl``, ``csv``, or ``raw``: the values of the fields and
            nothing else.
        quiet: print only ids.
        fields: the fields to print; None for the default ones.
    """

    def __init__(self, output: str, *, quiet: bool, fields: Sequence[str] | None) -> None:
        self._output = output
        self._quiet = quiet
        self._fields = fields

    def print_record(self, record: "BaseModel") -> None:
        """Print one record: an object in JSON, a line per field in a table."""
        row = self._pick(record.model_dump())
        if self._quiet:
            self._print_ids([record])
        elif self._output == "table":
            write(format_record(row, terminal=is_terminal()))
        elif self._output == "csv":
            self._print_csv([row], list(row))
        elif self._output in _LINES:
            write(_LINES[self._output](row) + "\n")
        else:
            write(_json(row, indent=2) + "\n")

    def print_records(
        self, records: Iterable["BaseModel"], columns: Sequence[str], header: Sequence[str] = ()
    ) -> None:
        """Print many records: an array in JSON, the given columns in a table.

        Args:
            records: what to print.
            columns: the columns of a table.
            header: the names of all fields, for the header of CSV.
        """
        if self._quiet:
            self._print_ids(records)
            return
        rows = (self._pick(record.model_dump()) for record in records)
        if self._output == "table":
            for block in format_table(rows, self._fields or columns, terminal=is_terminal()):
                write(block)
        elif self._output == "csv":
            self._print_csv(rows, self._fields or header)
        elif self._output in _LINES:
            for row in rows:
                write(_LINES[self._output](row) + "\n")
        else:
            _write_array(rows)

    def _pick(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._fields is None:
            return row
        return {name: row[name] for name in self._fields}

    def _print_ids(self, records: Iterable["BaseModel"]) -> None:
        for record in records:
            if (identity := getattr(record, "id", None)) is not None:
                write(f"{identity}\n")

    def _print_csv(self, rows: Iterable[dict[str, Any]], header: Sequence[str]) -> None:
        write(csv_line(header))
        escaped = is_terminal()
        for row in rows:
            write(csv_line([csv_cell(row[name], escaped=escaped) for name in header]))


def prepare_stdout() -> None:
    """Let standard output accept any text: as UTF-8 off a terminal, with escapes on one."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def write(text: str) -> None:
    """Write to standard output.

    Raises:
        OutputLost: if it is closed, or writing fails.
        ReaderLeft: if it is a pipe without a reader.
    """
    with _output_or_lost():
        if sys.stdout is None:
            raise OSError("it is closed")
        sys.stdout.write(text)


def flush() -> None:
    """Make sure that everything written to standard output has arrived.

    Raises:
        OutputLost: if it has not.
        ReaderLeft: if nothing reads it any more.
    """
    with _output_or_lost():
        if sys.stdout is not None:
            sys.stdout.flush()


@contextmanager
def _output_or_lost() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # The rest of the buffer would fail again when the interpreter exits.
        sys.stdout = None
        if error.errno == errno.EPIPE:
            raise ReaderLeft from error
        reason = error.strerror or str(error)
        raise OutputLost(f"Cannot write to standard output: {reason}.") from error


def write_error(text: str) -> None:
    """Write a line to standard error with invisible characters escaped; never fail."""
    if sys.stderr is None:
        return
    encoding = sys.stderr.encoding or "utf-8"
    line = escape_invisible(text).encode(encoding, "backslashreplace").decode(encoding)
    try:
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


def _json(value: Any, indent: int | None = None) -> str:
    # Printable ASCII alone is safe on every terminal and in every locale.
    return json.dumps(value, indent=indent, default=_json_value, ensure_ascii=True)


def _raw(row: Mapping[str, Any]) -> str:
    return "\n".join(map(_raw_text, row.values()))


def _raw_text(value: Any) -> str:
    # A line break in a value would look like the end of it.
    if isinstance(value, str):
        return escape_invisible(value)
    if isinstance(value, list):
        return ", ".join(map(_raw_text, value))
    return csv_cell(value, escaped=True)


_LINES: Mapping[str, Callable[[dict[str, Any]], str]] = {"jsonl": _json, "raw": _raw}
"""What makes one line of each record, by the format."""


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def _write_array(rows: Iterator[dict[str, Any]]) -> None:
    separator = "["
    for row in rows:
        indented = _json(row, indent=2).replace("\n", "\n  ")
        write(f"{separator}\n  {indented}")
        separator = ","
    write("[]\n" if separator == "[" else "\n]\n")


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
