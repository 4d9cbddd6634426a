"""Surroundings that are broken or odd: disks, homes, and variables of shells."""

import errno
import json
import os
from pathlib import Path

import pytest

from tests.support.cli import Userctl
from userctl.cli.errors import report
from userctl.core.errors import InputOutputFailed


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "read_only"),
        (errno.EIO, "io_error"),
    ],
)
def test_a_failed_file_says_why(number: int, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    cause = OSError(number, os.strerror(number), "/x")
    wrapped = InputOutputFailed("Cannot write /x.")
    wrapped.__cause__ = cause
    for error in (cause, wrapped):
        assert report(error, ["-o", "json"], debug=False) == 9
        assert json.loads(capsys.readouterr().err)["error"]["code"] == code


def test_a_full_disk_is_named_so_whatever_is_written(
    local: Userctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    local.create("ada@example.com")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    local.extra["USERCTL_OUTPUT"] = "json"
    for arguments in (
        ("user", "export", str(tmp_path / "users.jsonl")),
        ("audit", "export", str(tmp_path / "trail.jsonl")),
        ("db", "backup", str(tmp_path / "backup")),
    ):
        failed = local(*arguments)
        assert (failed.code, failed.error["code"]) == (9, "disk_full"), arguments


def test_a_home_that_is_not_utf8_serves_as_any_other(tmp_path: Path) -> None:
    home = tmp_path / os.fsdecode(b"h\xff")
    home.mkdir()
    userctl = Userctl(home, None)
    userctl.create("ada@example.com", "--role", "admin")
    for command in ("token purge", "user purge", "db stats", "db vacuum", "doctor", "user list",
                    "audit verify", "health", "db backup b", "user export e.jsonl"):  # fmt: skip
        done = userctl(*command.split())
        assert done.code == 0, (command, done.err)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"_USERCTL_COMPLETE": "garbage"}, "_USERCTL_COMPLETE is 'garbage'"),
        ({"_USERCTL_COMPLETE": "source_x"}, "_USERCTL_COMPLETE is 'source_x'"),
        ({"_USERCTL_COMPLETE": "complete"}, "_USERCTL_COMPLETE is 'complete'"),
        ({"_USERCTL_COMPLETE": "source_bash\x1b[31m"}, "_USERCTL_COMPLETE is 'source_bash\\x1b"),
        ({"_USERCTL_COMPLETE": "complete_bash"}, "COMP_WORDS is not set"),
        ({"_USERCTL_COMPLETE": "complete_bash", "COMP_WORDS": "userctl "}, "COMP_CWORD is ''"),
        (
            {"_USERCTL_COMPLETE": "complete_bash", "COMP_WORDS": "x", "COMP_CWORD": "x"},
            "COMP_CWORD is 'x'",
        ),
        (
            {"_USERCTL_COMPLETE": "complete_bash", "COMP_WORDS": "x", "COMP_CWORD": "-1"},
            "COMP_CWORD is '-1'",
        ),
    ],
)
def test_malformed_variables_of_a_shell_are_named(
    local: Userctl, values: dict[str, str], named: str
) -> None:
    local.extra.update(values)
    failed = local.spawn()
    assert (failed.code, failed.out) == (2, "")
    assert failed.err.startswith(f"error: {named}")
    assert len(failed.err.splitlines()) == 1


@pytest.mark.soak
def test_completions_of_quotes_that_are_open_fail_in_no_way(local: Userctl) -> None:
    words = {
        "COMP_WORDS": "userctl 'user",
        "COMP_CWORD": "99",
        "_TYPER_COMPLETE_ARGS": "userctl 'u",
    }
    for shell in ("bash", "zsh", "fish"):
        local.extra.update({**words, "_USERCTL_COMPLETE": f"complete_{shell}"})
        assert (local.spawn().code, local.spawn().err) == (0, "")


def test_an_empty_variable_asks_for_no_completion(local: Userctl) -> None:
    local.extra["_USERCTL_COMPLETE"] = ""
    assert local.spawn("user", "show", "7").code == 3
