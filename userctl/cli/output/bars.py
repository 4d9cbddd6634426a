"""Bar charts on a terminal."""

from collections.abc import Mapping, Sequence

from userctl.cli.output.screen import EIGHTHS, Screen

_GAP = 2
_SHORTEST = 4


def bar_chart(
    rows: Sequence[tuple[str, Sequence[int]]],
    header: Sequence[str],
    colors: Mapping[str, str],
    screen: Screen,
) -> str | None:
    """Return a line per row: its label, and for each column the number and a bar.

    The longest bar of a column stands for its largest number. If the screen is too narrow for
    bars, there is no chart.

    Args:
        rows: the labels and the numbers.
        header: the name of the label and those of the columns.
        colors: the escape sequences of columns.
        screen: the terminal, whose width the columns share.
    """
    label, *columns = header
    largest = [max(numbers) for numbers in zip(*(row[1] for row in rows), strict=True)]
    widths = [len(str(number)) for number in largest]
    label_width = max(len(label), *(len(row[0]) for row in rows))
    room = screen.columns - label_width - sum(widths) - len(columns) * (_GAP + 1) - 1
    longest = room // len(columns)
    spaces = [width + 1 + longest for width in widths]
    fits = all(len(name) <= space for name, space in zip(columns, spaces, strict=True))
    if longest < _SHORTEST or not fits:
        return None
    titles = [f"{name:<{space}}" for name, space in zip(columns, spaces, strict=True)]
    lines = [screen.title((" " * _GAP).join([f"{label:<{label_width}}", *titles]).rstrip())]
    for name, numbers in rows:
        cells = [f"{name:<{label_width}}"]
        for column, number, top, width in zip(columns, numbers, largest, widths, strict=True):
            bar = _bar(number, top, longest, blocks=screen.has_blocks)
            painted = screen.paint(bar, colors.get(column, ""))
            cells.append(f"{number:>{width}} {painted}{' ' * (longest - len(bar))}")
        lines.append((" " * _GAP).join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines)


def _bar(number: int, largest: int, longest: int, *, blocks: bool) -> str:
    """Return a bar, which is visible for any number above zero."""
    if number <= 0:
        return ""
    if not blocks:
        return "#" * max(number * longest // largest, 1)
    eighths = max(number * longest * 8 // largest, 1)
    whole, rest = divmod(eighths, 8)
    return EIGHTHS[-1] * whole + (EIGHTHS[rest - 1] if rest else "")
