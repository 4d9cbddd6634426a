"""Which pager shows long tables."""

import io
import os
import sys
from pathlib import Path

import pytest

from userctl.cli.output.pager import page_output, pager_command

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
    with page_output("exit 1", written.append) as write:
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
    with page_output('{ echo "$LESS"; cat; } > "$SEEN"', written.append) as write:
        for number in range(10):
            write(f"{number}\n")
    assert written == []
    assert (tmp_path / "seen").read_text().split() == ["FRX", *map(str, range(10))]


def test_leaving_the_pager_ends_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> None:
        with page_output("exec true", print) as write:
            while True:
                write("more\n" * 100)

    monkeypatch.setenv("LINES", "5")
    with pytest.raises(BrokenPipeError):
        endless()


@pytest.mark.parametrize("command", ["false", "exit 3", "nonsense-without-path >&2", "exec false"])
@pytest.mark.parametrize("lines", [10, 9000])
def test_a_pager_that_fails_at_once_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, command: str, lines: int
) -> None:
    monkeypatch.setenv("LINES", "5")
    written: list[str] = []
    with page_output(command, written.append) as write:
        for number in range(0, lines, 10):
            write("".join(f"line {number + more}\n" for more in range(10)))
    assert "".join(written).split("\n") == [*(f"line {number}" for number in range(lines)), ""]


def test_what_was_told_meanwhile_is_not_lost_with_the_pager(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("LINES", "1")
    monkeypatch.setattr(sys, "stderr", Terminal())
    written: list[str] = []
    with page_output("cat > /dev/null; false", written.append) as write:
        write("1\n2\n")
        sys.stderr.write("a warning\n")
    assert "".join(written) == "1\n2\na warning\n"


def test_a_pager_that_ctrl_c_ended_is_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        with page_output("cat > /dev/null; exit 2", written.append) as write:
            write("1\n2\n")
            raise KeyboardInterrupt

    monkeypatch.setenv("LINES", "1")
    written: list[str] = []
    with page_output("cat > /dev/null; kill -INT $PPID; exit 2", written.append) as write:
        write("1\n2\n")
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert written == []
