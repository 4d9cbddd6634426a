"""Formats records as tables of plain text."""

import io
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from userctl.cli.output.detail import readable_detail
from userctl.core.text import escape_invisible, rfc3339

if TYPE_CHECKING:
    from rich.text import Text

_UNLIMITED_WIDTH = 100_000
_FOLDED = {"email", "name", "label", "value", "source", "summary", "detail", "message", "advice"}
"""The columns that may wrap on a narrow terminal."""

_FOLDED_WIDTH = 12
_GAP = 2
_BLOCK = 1000
"""How many rows are formatted, and kept in memory, at a time."""


def format_record(row: Mapping[str, Any], *, terminal: bool) -> str:
    """Return a record as one line per field that has a value."""
    shown = {
        name: _plain(value) for name, value in row.items() if value is not None and value != []
    }
    width = max(map(len, shown), default=0) + _GAP
    # A value is never wrapped: it may be a token to be copied.
    if not terminal:
        return "".join(f"{name:<{width}}{value}\n" for name, value in shown.items())
    from rich.text import Text

    lines = (Text.assemble((f"{name:<{width}}", "bold"), text) for name, text in shown.items())
    return _render(Text("\n").join(lines))


def format_table(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, terminal: bool
) -> Iterator[str]:
    """Yield a table of any length block by block, with columns that never get narrower.

    Args:
        rows: the records.
        columns: the fields to show.
        terminal: whether to fit it to a terminal and print the header in bold.
    """
    from rich.cells import cell_len

    cells = ([_plain(row[column]) for column in columns] for row in rows)
    block, widths, has_header = list(islice(cells, _BLOCK)), [0] * len(columns), False
    while block or not has_header:
        needed = [max(map(cell_len, texts)) for texts in zip(columns, *block, strict=True)]
        fitted = _fit(needed, columns) if terminal else needed
        widths = list(map(max, widths, fitted))
        if not has_header:
            yield _header(_line(columns, widths), terminal=terminal)
            has_header = True
        # A table of rich takes half a millisecond per row.
        yield "".join(f"{line}\n" for row in block for line in _lines(row, widths))
        block = list(islice(cells, _BLOCK))


def _header(line: str, *, terminal: bool) -> str:
    if not terminal:
        return f"{line}\n"
    from rich.text import Text

    return _render(Text(line, style="bold"))


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield a row as one line, or as several if a text is wider than its column."""
    from rich.cells import cell_len

    if all(cell_len(text) <= width for text, width in zip(row, widths, strict=True)):
        yield _line(row, widths)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO())
    folded = [
        [line.plain for line in Text(text).wrap(console, width, overflow="fold")]
        for text, width in zip(row, widths, strict=True)
    ]
    for parts in zip_longest(*folded, fillvalue=""):
        yield _line(parts, widths)


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    from rich.cells import set_cell_size

    return (" " * _GAP).join(map(set_cell_size, texts, widths)).rstrip()


def _fit(needed: Sequence[int], columns: Sequence[str]) -> list[int]:
    """Return the widths of the columns: as needed, or less if the terminal is too narrow.

    Only some columns may wrap. Those share the room evenly, and what one does not need goes to the
    others.
    """
    widths = list(needed)
    folded = [index for index, column in enumerate(columns) if column in _FOLDED]
    room = shutil.get_terminal_size().columns - _GAP * (len(columns) - 1)
    room -= sum(width for index, width in enumerate(needed) if index not in folded)
    for position, index in enumerate(sorted(folded, key=needed.__getitem__)):
        share = max(room // (len(folded) - position), _FOLDED_WIDTH)
        widths[index] = min(needed[index], share)
        room -= widths[index]
    return widths


def _render(text: "Text") -> str:
    """Return a styled text with the escape sequences of a terminal."""
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        force_terminal=True,
        width=_UNLIMITED_WIDTH,
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(text)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _plain(value: Any) -> str:
    """Return a value as text for people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, Mapping):
        return escape_invisible(readable_detail(value))
    return escape_invisible(str(value))
