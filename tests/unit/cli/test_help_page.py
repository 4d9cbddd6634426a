"""How help pages look on a terminal of 24 lines and 80 columns."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from userctl.cli.app import program

FIRST_SCREEN = 24
SHARED = ("Output options", "Shared options")


def paths() -> list[list[str]]:
    """Return what is typed to reach every noun and every command."""
    root = program()
    nouns = [[name] for name in root.commands]
    verbs = [
        [noun, verb]
        for noun in root.commands
        for verb in getattr(root.commands[noun], "commands", [])
    ]
    return [[], *nouns, *verbs]


def page(path: list[str]) -> list[str]:
    """Return the lines of a help page."""
    command: Any = program()
    context = typer.Context(command, info_name="userctl", **command.context_settings)
    for name in path:
        command = command.commands[name]
        context = typer.Context(command, context, info_name=name, **command.context_settings)
    return str(context.get_help()).splitlines()


def titles(lines: list[str]) -> Iterator[str]:
    """Yield the titles of the sections of a page."""
    return (line.removesuffix(":") for line in lines if re.fullmatch(r"[A-Z][a-z ]+:", line))


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("path", paths(), ids=" ".join)
def test_a_help_page_fits_80_columns_and_shows_no_type_of_the_program(path: list[str]) -> None:
    lines = page(path)
    assert [line for line in lines if len(line) > 80 and "    userctl " not in line] == []
    text = "\n".join(lines)
    for leak in ("list[", "<", "{", "......", "x>=", "(dynamic)"):
        assert leak not in text


@pytest.mark.parametrize("path", [path for path in paths() if path], ids=" ".join)
def test_the_first_screen_of_a_help_page_is_the_useful_one(path: list[str]) -> None:
    lines = page(path)
    found = list(titles(lines))
    if "Commands" in found:
        assert lines.index("Options:") <= FIRST_SCREEN
        return
    shared = next(number for number, line in enumerate(lines) if line[:-1] in SHARED)
    own = [title for title in found if title not in SHARED]
    assert found == [*own, *(title for title in SHARED if title in found)]
    assert "  Example:" in lines[:FIRST_SCREEN]
    assert shared <= FIRST_SCREEN or len(own) > 1, f"{shared} lines in one group"
    assert not own or lines.index(f"{own[0]}:") < FIRST_SCREEN - 4


def test_the_first_screen_of_the_program_has_every_noun() -> None:
    lines = page([])
    assert lines.index("Options:") <= FIRST_SCREEN


@pytest.mark.parametrize(("columns", "widest"), [("50", 48), ("60", 58), ("120", 118)])
def test_a_help_page_is_as_wide_as_columns_says(
    monkeypatch: pytest.MonkeyPatch, columns: str, widest: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = [line for line in page(["token", "purge"]) if "userctl token" not in line]
    assert widest - 15 <= max(map(len, lines)) <= widest


def test_no_summary_is_cut_off_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    text = " ".join(" ".join(page(["user"])).split())
    assert "Restore a deleted user with id and password, but without tokens." in text
