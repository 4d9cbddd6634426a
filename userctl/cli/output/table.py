"""Lays records out as tables of plain text."""

import io
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from userctl.core.text import escape_invisible, rfc3339

if TYPE_CHECKING:
    from rich.text import Text

_UNLIMITED_WIDTH = 100_000
_FOLDED = {"email", "name", "label", "value", "source", "summary", "detail", "message", "advice"}
"""The columns that may go over several lines where a terminal is narrow."""

_FOLDED_WIDTH = 12
_GAP = 2
_BLOCK = 1000
"""How many rows are laid out, and held, at a time."""


def vertical(row: Mapping[str, Any], *, terminal: bool) -> str:
    """Return a record as a line for each field that has a value."""
    shown = {
        name: _plain(value) for name, value in row.items() if value is not None and value != []
    }
    width = max(map(len, shown), default=0) + _GAP
    # A value is never broken into lines: it may be a token to be copied.
    if not terminal:
        return "".join(f"{name:<{width}}{value}\n" for name, value in shown.items())
    from rich.text import Text

    lines = (Text.assemble((f"{name:<{width}}", "bold"), text) for name, text in shown.items())
    return _printed(Text("\n").join(lines))


def blocks(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, terminal: bool
) -> Iterator[str]:
    """Yield a table of any length block by block, each at least as wide as the one before it.

    Args:
        rows: the records.
        columns: which of their fields are shown.
        terminal: whether it is fitted into a terminal, and has a header in bold.
    """
    from rich.cells import cell_len

    cells = ([_plain(row[column]) for column in columns] for row in rows)
    block, widths, begun = list(islice(cells, _BLOCK)), [0] * len(columns), False
    while block or not begun:
        needed = [max(map(cell_len, texts)) for texts in zip(columns, *block, strict=True)]
        fitted = _fitted(needed, columns) if terminal else needed
        widths = list(map(max, widths, fitted))
        if not begun:
            yield _header(_line(columns, widths), terminal=terminal)
            begun = True
        # A rich table takes half a millisecond for each row.
        yield "".join(f"{line}\n" for row in block for line in _lines(row, widths))
        block = list(islice(cells, _BLOCK))


def _header(line: str, *, terminal: bool) -> str:
    if not terminal:
        return f"{line}\n"
    from rich.text import Text

    return _printed(Text(line, style="bold"))


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield a row as one line, or as several where texts are too long for their columns."""
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


def _fitted(needed: Sequence[int], columns: Sequence[str]) -> list[int]:
    """Return how wide columns are: as they need, or where the terminal lacks room for it less.

    Only some columns may be folded; those share the room evenly, and what one leaves over goes to
    the others.
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


def _printed(text: "Text") -> str:
    """Return a styled text as a terminal takes it."""
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
    """Return a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return escape_invisible(str(value))
