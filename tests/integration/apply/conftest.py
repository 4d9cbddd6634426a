"""An editor for the tests of ``userctl user edit``, and what it leaves."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import Result, Userctl
from userctl.cli.context import CommandContext

ADA = "ada@example.com"
Edit = Callable[..., Result]


@pytest.fixture
def edit(userctl: Userctl, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Edits Ada as if on a terminal, with a shell command for each time the editor opens.

    ``$1`` is the file.
    """
    monkeypatch.setattr(CommandContext, "why_not_interactive", None)
    userctl.create(ADA, "--name", "Ada")
    # Without a further step the editor fails, so that no edit continues forever.
    editor = userctl.home / "editor"
    editor.write_text('#!/bin/sh\nset -e\necho >> count\n. ./step$(wc -l < count | tr -d " ")\n')
    editor.chmod(0o700)
    temporary = userctl.home / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def edited(*steps: str, options: tuple[str, ...] = ("--yes",)) -> Result:
        for number, step in enumerate(steps, 1):
            (userctl.home / f"step{number}").write_text(step)
        userctl.extra["VISUAL"] = "./editor"
        (userctl.home / "count").unlink(missing_ok=True)
        result = userctl("user", "edit", ADA, *options)
        assert (userctl.home / "count").read_text().count("\n") == len(steps)
        return result

    return edited


def kept_text(userctl: Userctl) -> str:
    """Return the text of the file that was kept, which only its owner can read."""
    [file] = (userctl.home / "temporary").glob("*/*")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    return file.read_text()


def files_left(userctl: Userctl) -> list[Path]:
    return [*(userctl.home / "temporary").iterdir()]


def shown_user(userctl: Userctl, user: str = "1") -> tuple[str, str, str, str]:
    found = userctl("user", "show", user, "-o", "json").json
    return found["email"], found["name"], found["role"], found["status"]


def replace(old: str, new: str) -> str:
    return f'sed -i "s/{old}/{new}/" "$1"\n'
