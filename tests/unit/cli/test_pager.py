"""Which pager shows long tables."""

import os
from pathlib import Path

import pytest

from userctl.cli.output.pager import paged, pager_command

SCREEN = {"PATH": os.environ["PATH"], "TERM": "xterm"}


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"PAGER": "sh -c true"}, "sh -c true"),
        ({"PAGER": "LESS=S sh"}, "LESS=S sh"),
        ({"PAGER": ""}, None),
        ({"PAGER": "cat"}, None),
        ({"PAGER": "no-such-pager -x"}, None),
        ({"PAGER": "sh", "TERM": "dumb"}, None),
        ({"PATH": "/nonexistent"}, None),
    ],
)
def test_the_environment_chooses_the_pager(
    environment: dict[str, str], command: str | None
) -> None:
    assert pager_command(SCREEN | environment) == command


def test_a_short_text_needs_no_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "5")
    written: list[str] = []
    with paged("exit 1", written.append) as write:
        write("1\n2\n")
        write("3\n4\n")
    assert written == ["1\n2\n3\n4\n"]


def test_a_long_text_goes_to_the_pager_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LINES", "5")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.delenv("LESS", raising=False)
    written: list[str] = []
    with paged('{ echo "$LESS"; cat; } > "$SEEN"', written.append) as write:
        for number in range(10):
            write(f"{number}\n")
    assert written == []
    assert (tmp_path / "seen").read_text().split() == ["FRX", *map(str, range(10))]


def test_leaving_the_pager_ends_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> None:
        with paged("exec true", print) as write:
            while True:
                write("more\n" * 100)

    monkeypatch.setenv("LINES", "5")
    with pytest.raises(BrokenPipeError):
        endless()
