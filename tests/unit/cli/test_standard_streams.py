"""What terminals and pipes get, whatever their encoding."""

import io
import sys

import pytest
from pydantic import BaseModel

from userctl.cli.output import render
from userctl.cli.output.render import Renderer


class Named(BaseModel):
    """A record with a text."""

    name: str


class Stream(io.TextIOWrapper):
    """A stream that keeps what it is sent, and may pass for a terminal."""

    def __init__(self, encoding: str, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def sent(self) -> bytes:
        """What has arrived."""
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue()


def printed(monkeypatch: pytest.MonkeyPatch, stdout: Stream, name: str) -> bytes:
    """Return the bytes of a CSV row on a standard output."""
    monkeypatch.setattr(sys, "stdout", stdout)
    render.prepare_stdout()
    Renderer("csv", quiet=False, fields=None).print_record(Named(name=name))
    render.flush()
    return stdout.sent


def test_a_pipe_gets_utf8_in_every_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, Stream("ascii"), "Zoë") == "name\nZoë\n".encode()


def test_a_terminal_keeps_its_encoding_and_gets_escapes_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdout = Stream("latin-1", terminal=True)
    assert printed(monkeypatch, stdout, "Zoë 名") == b"name\nZo\xeb \\u540d\n"


def test_a_text_that_is_not_unicode_does_not_break_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, Stream("utf-8"), "\udcff") == b"name\n\\udcff\n"


def test_csv_is_raw_in_a_pipe_and_escaped_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, Stream("utf-8"), "a\x1bb") == b"name\na\x1bb\n"
    terminal = Stream("utf-8", terminal=True)
    assert printed(monkeypatch, terminal, "a\x1bb") == b"name\na\\x1bb\n"


def test_a_message_fits_the_encoding_of_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = Stream("ascii")
    monkeypatch.setattr(sys, "stderr", stderr)
    render.write_error("Zoë\n\x1b")
    assert stderr.sent == b"Zo\\xeb\\n\\x1b\n"


def test_a_closed_standard_error_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = Stream("utf-8")
    stderr.close()
    monkeypatch.setattr(sys, "stderr", stderr)
    render.write_error("not read")


@pytest.mark.parametrize("stderr", [Stream("utf-8"), None])
def test_off_a_terminal_progress_is_silent(
    monkeypatch: pytest.MonkeyPatch, stderr: Stream | None
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with render.show_progress(quiet=False) as show:
        show("Deleting", 1, 2)
    assert stderr is None or stderr.sent == b""
