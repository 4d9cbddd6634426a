"""The one place that writes to standard output and standard error."""

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from userctl.cli.output.table import blocks, vertical
from userctl.core.errors import OutputLost
from userctl.core.text import escape_invisible, rfc3339
from userctl.formats.csv_cells import csv_cell, csv_line

if TYPE_CHECKING:
    from pydantic import BaseModel


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
            write(vertical(row, terminal=on_terminal()))
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
            for block in blocks(rows, self._fields or columns, terminal=on_terminal()):
                write(block)
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
        write(csv_line(header))
        escaped = on_terminal()
        for row in rows:
            write(csv_line([csv_cell(row[name], escaped=escaped) for name in header]))


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
    line = escape_invisible(text).encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # What is still buffered would fail once more when the interpreter ends.
        sys.stderr = None


Progress = Callable[[str, int, int | None], None]
"""Takes what is being done, how much is done, and how much there is to do if that is known."""


def no_progress(_what: str, _done: int, _total: int | None) -> None:
    """Show no progress."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Show progress bars on standard error if that is a terminal and they are wanted.

    Yields:
        A function that moves the bar of a piece of work, and begins it with the first call.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield no_progress
        return
    from userctl.cli.output.progress import progress_bars

    with progress_bars() as show:
        yield show


def _json(value: Any, indent: int | None = None) -> str:
    # Printable ASCII alone is safe on every terminal and in every locale.
    return json.dumps(value, indent=indent, default=_json_value, ensure_ascii=True)


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _write_array(rows: Iterator[dict[str, Any]]) -> None:
    separator = "["
    for row in rows:
        indented = _json(row, indent=2).replace("\n", "\n  ")
        write(f"{separator}\n  {indented}")
        separator = ","
    write("[]\n" if separator == "[" else "\n]\n")


def on_terminal() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
