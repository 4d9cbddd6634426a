"""Formats records as tables of plain text."""

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice, zip_longest
from typing import Any

from userctl.cli.output.cells import TimeStyle, color, format_value
from userctl.cli.output.screen import Screen
from userctl.core.clock import utc_now

Row = Mapping[str, Any]
Painter = Callable[[Sequence[str]], Sequence[str]]
"""Colors the texts of a row."""

_FOLDABLE = {"email", "name", "label", "value", "source", "summary", "detail", "message", "advice",
             "actor", "target", "client"}  # fmt: skip
"""The columns that may wrap on a narrow terminal."""

_SENTENCES = {"message", "detail", "summary"}
"""The fields of a single record that may wrap."""

_EMPTY: tuple[Any, ...] = (None, "", [], {})
"""Values that a record does not show."""

_NARROWEST = 12
_GAP = 2
_BLOCK = 1000
"""How many rows are formatted, and kept in memory, at a time."""


def format_record(row: Row, screen: Screen | None, foldable: Collection[str] = _SENTENCES) -> str:
    """Return a record as one line per field that has a value.

    Args:
        row: the record.
        screen: the terminal that it is shown on; None for exact and plain values.
        foldable: the fields whose values may wrap. The others may be tokens or commands, which can
            be copied as one where the terminal itself breaks them.
    """
    filled = {name: value for name, value in row.items() if value not in _EMPTY}
    width = max(map(len, filled), default=0) + _GAP
    if screen is None:
        exact = {
            name: format_value(name, value, TimeStyle.EXACT, None) for name, value in filled.items()
        }
        return "".join(f"{name:<{width}}{value}\n" for name, value in exact.items())
    room, now = max(screen.columns - width, _NARROWEST), utc_now()
    lines = []
    for name, value in filled.items():
        styles = TimeStyle if isinstance(value, datetime) else [TimeStyle.BOTH]
        texts = [format_value(name, value, style, now) for style in styles]
        text = next((text for text in texts if len(text) <= room), texts[-1])
        title = f"{screen.title(name)}{' ' * (width - len(name))}"
        for part in _fold(text, room) if name in foldable else [text]:
            lines.append(f"{title}{screen.paint(part, color(name, value))}\n")
            title = " " * width
    return "".join(lines)


def format_table(
    rows: Iterable[Row], columns: Sequence[str], screen: Screen | None, *, header: bool = True
) -> Iterator[str]:
    """Yield a table of any length block by block, with columns that never get narrower.

    If a terminal has no room for the columns, the records are stacked.

    Args:
        rows: the records.
        columns: the fields to show.
        screen: the terminal that it has to fit; None for exact and plain values.
        header: whether to print the names of the columns.
    """
    layout = _Layout(columns, screen, header=header)
    remaining = iter(rows)
    block = list(islice(remaining, _BLOCK))
    cells = layout.fit(block)
    if screen is not None and not layout.fits:
        yield from _stack_records(chain(block, remaining), columns, screen)
        return
    # On a terminal a sentence says that there is nothing.
    if header and (block or screen is None):
        yield layout.header()
    while block:
        yield layout.lines(block, cells)
        block = list(islice(remaining, _BLOCK))
        cells = layout.fit(block)


def _stack_records(rows: Iterable[Row], columns: Sequence[str], screen: Screen) -> Iterator[str]:
    """Yield rows as records, one below the other."""
    separator = ""
    for row in rows:
        yield separator + format_record({name: row[name] for name in columns}, screen, _FOLDABLE)
        separator = "\n"


class _Layout:
    """The widths of the columns of a table, and the form of its times."""

    def __init__(self, columns: Sequence[str], screen: Screen | None, *, header: bool) -> None:
        self._columns = columns
        self._titles = columns if header else [""] * len(columns)
        self._screen = screen
        self._now = utc_now() if screen else None
        self._styles = list(TimeStyle) if screen else [TimeStyle.EXACT]
        self._widths = [0] * len(columns)

    @property
    def fits(self) -> bool:
        """Whether the terminal is wide enough for the folded columns."""
        return self._screen is None or _total_width(self._widths) <= self._screen.columns

    def header(self) -> str:
        """Return the line with the names of the columns."""
        line = _line(self._columns, self._widths)
        return f"{self._screen.title(line) if self._screen else line}\n"

    def lines(self, rows: Sequence[Row], cells: Sequence[Sequence[str]]) -> str:
        """Return the lines of some rows with these texts."""
        # A table of rich takes half a millisecond per row.
        return "".join(
            f"{line}\n"
            for row, texts in zip(rows, cells, strict=True)
            for line in _lines(texts, self._widths, self._row_painter(row))
        )

    def fit(self, rows: Sequence[Row]) -> Sequence[Sequence[str]]:
        """Widen the columns for some rows, and return the texts of the rows.

        The first rows decide how times are shown: in the longest form that fits the terminal.
        """
        for style in self._styles:
            cells = [
                [format_value(name, row[name], style, self._now) for name in self._columns]
                for row in rows
            ]
            needed = self._required_widths(cells)
            if self._screen and _total_width(needed) <= self._screen.columns:
                break
        if rows:
            self._styles = [style]
        fitted = (
            _fit_widths(needed, self._columns, self._screen.columns) if self._screen else needed
        )
        self._widths = list(map(max, self._widths, fitted))
        return cells

    def _required_widths(self, cells: Sequence[Sequence[str]]) -> list[int]:
        from rich.cells import cell_len

        return [max(map(cell_len, texts)) for texts in zip(self._titles, *cells, strict=True)]

    def _row_painter(self, row: Row) -> Painter | None:
        if self._screen is None or not self._screen.has_colors:
            return None
        styles = [color(name, row[name]) for name in self._columns]
        paint = self._screen.paint
        return (lambda texts: list(map(paint, texts, styles))) if any(styles) else None


def _lines(row: Sequence[str], widths: Sequence[int], paint: Painter | None) -> Iterator[str]:
    """Yield a row as one line, or as several if a text is wider than its column."""
    from rich.cells import cell_len

    if all(cell_len(text) <= width for text, width in zip(row, widths, strict=True)):
        yield _line(row, widths, paint)
        return
    folded = map(_fold, row, widths)
    for parts in zip_longest(*folded, fillvalue=""):
        yield _line(parts, widths, paint)


def _fold(text: str, width: int) -> list[str]:
    """Wrap a text, between words where possible, and return its lines."""
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return [text]
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO())
    return [line.plain.rstrip() for line in Text(text).wrap(console, width, overflow="fold")]


def _line(texts: Sequence[str], widths: Sequence[int], paint: Painter | None = None) -> str:
    from rich.cells import set_cell_size

    cells = list(map(set_cell_size, texts, widths))
    if paint is not None:
        spaces = [cell[len(text) :] for cell, text in zip(cells, texts, strict=True)]
        cells = list(map("".join, zip(paint(texts), spaces, strict=True)))
    return (" " * _GAP).join(cells).rstrip()


def _total_width(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _fit_widths(needed: Sequence[int], columns: Sequence[str], room: int) -> list[int]:
    """Return the widths of the columns: as needed, or less if the terminal is too narrow.

    Only some columns may wrap. They share the room evenly, and what one does not need goes to the
    others.
    """
    widths = list(needed)
    foldable = [index for index, column in enumerate(columns) if column in _FOLDABLE]
    room -= _GAP * (len(columns) - 1)
    room -= sum(width for index, width in enumerate(needed) if index not in foldable)
    for position, index in enumerate(sorted(foldable, key=needed.__getitem__)):
        share = max(room // (len(foldable) - position), _NARROWEST)
        widths[index] = min(needed[index], share)
        room -= widths[index]
    return widths
