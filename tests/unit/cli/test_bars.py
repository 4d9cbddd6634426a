"""Numbers as bars."""

import locale
import re

import pytest

from userctl.cli.output.bars import bar_chart
from userctl.cli.output.screen import Screen, detect_screen

HEADER = ("day", "logins", "failures")


def chart(
    *rows: tuple[str, tuple[int, int]],
    columns: int = 80,
    colored: bool = False,
    blocks: bool = True,
) -> str:
    screen = Screen(columns, 24, has_escapes=colored, has_colors=colored, has_blocks=blocks)
    return bar_chart(rows, HEADER, {"failures": "\x1b[31m"}, screen) or ""


def test_the_longest_bar_is_the_largest_number_and_none_is_nothing() -> None:
    title, *lines = chart(
        ("a", (100, 0)), ("b", (50, 0)), ("c", (1, 0)), ("d", (0, 0))
    ).splitlines()
    assert title.split() == list(HEADER)
    lengths = [line.count("█") for line in lines]
    assert lengths[0] == max(lengths) > 20
    assert lengths[1] in {lengths[0] // 2, lengths[0] // 2 + 1}
    assert lines[2].rstrip("0 ").endswith("▎")
    assert lines[3].split() == ["d", "0", "0"]


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    text = chart(("2030-01-01", (123456, 7)), ("2030-01-02", (1, 99)), columns=columns)
    assert 0 < max(map(len, text.splitlines())) <= columns


def test_there_is_no_chart_where_bars_have_no_room() -> None:
    assert chart(("2030-01-01", (123456, 7)), columns=20) == ""


def test_only_bars_are_colored() -> None:
    text = chart(("a", (1, 1)), colored=True)
    assert text.count("\x1b[31m") == 1
    assert "\x1b" not in chart(("a", (1, 1)))


def test_bars_are_ascii_where_the_encoding_has_no_blocks() -> None:
    text = chart(("a", (100, 0)), ("b", (1, 3)), blocks=False)
    assert text.isascii()
    lengths = [[len(bar) for bar in re.findall("#+", line)] for line in text.splitlines()]
    assert lengths[1][0] > 20
    assert lengths[2][0] == 1


@pytest.mark.parametrize(
    ("encoding", "has_blocks"),
    [
        ("utf-8", True),
        ("cp437", False),
        ("ANSI_X3.4-1968", False),
        ("latin-1", False),
        ("x", False),
    ],
)
def test_the_encoding_of_the_locale_tells_whether_there_are_blocks(
    monkeypatch: pytest.MonkeyPatch, encoding: str, has_blocks: bool
) -> None:
    monkeypatch.setattr(locale, "getencoding", lambda: encoding)
    assert detect_screen({}).has_blocks is has_blocks
