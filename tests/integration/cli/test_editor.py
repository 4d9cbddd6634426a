"""The editor of the environment: what it is given, and what becomes of the text."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from userctl.cli.editor import EditedText, editor_command
from userctl.cli.errors import Terminated, terminate_on_sigterm
from userctl.core.errors import InputOutputFailed, InvalidInput


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def edited(command: str) -> EditedText:
    """Return a text that a command of the shell edits; ``$0`` is the file."""
    return EditedText(f"sh -c '{command}'", "text\n", "text.yaml")


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "vi"}, "code --wait"),
        ({"VISUAL": " ", "EDITOR": "vi"}, "vi"),
        ({"EDITOR": "FOO=1 vi"}, "FOO=1 vi"),
    ],
)
def test_visual_comes_before_editor(environment: dict[str, str], command: str) -> None:
    assert editor_command(environment) == command


def test_a_text_is_read_also_if_the_editor_replaces_the_file(folder: Path) -> None:
    with edited('echo new > "$0.new"; mv "$0.new" "$0"') as text:
        assert text.edit()
        assert text.path.read_text() == "new\n"
        assert not text.edit()
    assert [*folder.iterdir()] == []


@pytest.mark.parametrize(
    ("command", "is_kept"), [("exit 3", False), ('echo more >> "$0"; exit 3', True)]
)
def test_an_editor_that_fails_loses_nothing(
    folder: Path, capfd: pytest.CaptureFixture[str], command: str, is_kept: bool
) -> None:
    failed = "failed with exit code 3; nothing was changed"
    with pytest.raises(InvalidInput, match=failed), edited(command) as text:
        text.edit()
    assert [file.read_text() for file in folder.glob("*/*")] == ["text\nmore\n"] * is_kept
    assert ("Your text is kept in " in capfd.readouterr().err) == is_kept


def test_an_editor_that_does_not_exist_is_an_error_of_who_chose_it(folder: Path) -> None:
    missing = EditedText("/nonexistent/vi", "text\n", "x.yaml")
    with pytest.raises(InvalidInput, match="exit code 127"), missing as text:
        text.edit()
    assert [*folder.iterdir()] == []


def test_ctrl_c_is_a_command_to_the_editor(folder: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)
    with edited(f'kill -INT {os.getpid()}; echo more >> "$0"') as text:
        assert text.edit()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_termination_while_the_editor_is_open_loses_nothing(folder: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    terminate_on_sigterm()
    try:
        with pytest.raises(Terminated), edited(f'echo more >> "$0"; kill {os.getpid()}') as text:
            text.edit()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [file.read_text() for file in folder.glob("*/*")] == ["text\nmore\n"]


def test_a_termination_while_the_editor_starts_does_not_leave_it_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Starting(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Starting)
    before = signal.getsignal(signal.SIGTERM)
    terminate_on_sigterm()
    try:
        with pytest.raises(Terminated), edited("true") as text:
            text.edit()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [editor.returncode is None for editor in started] == [False]


def test_what_the_editor_prints_does_not_go_to_standard_output(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with edited("echo screen") as text:
        text.edit()
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "screen\n")


def test_a_folder_that_cannot_be_written_is_an_error_of_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder / "missing"))
    with pytest.raises(InputOutputFailed, match="Cannot create a file to edit"), edited("true"):
        pass
