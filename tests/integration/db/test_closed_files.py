"""SQLite files of another user."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Userctl

COMMANDS = [
    ("user", "list"),
    ("user", "create", "ada@example.com", "--no-password"),
    ("user", "import", "new.csv", "--dry-run"),
    ("token", "purge"),
    ("db", "migrate"),
    ("db", "status"),
    ("db", "copy", "--to", "sqlite:///copy.db"),
    ("audit", "verify"),
]


@pytest.fixture
def others(local: Userctl) -> Userctl:
    (local.home / "new.csv").write_text("email\n")
    local.database_file.chmod(0o600)
    return local


def close(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing in a folder be looked up, as if it belonged to another user."""
    stat = Path.stat

    def refuse(self: Path, **options: Any) -> os.stat_result:
        if folder in self.parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_cannot_be_read_is_named_with_its_owner(
    others: Userctl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(
        os, "access", lambda path, *_, **__: Path(path) != others.database_file.resolve()
    )
    error = others(*command, "-o", "json").error
    assert error["code"] == "database_access_denied"
    owner = f"it belongs to uid {os.geteuid()} and has mode 0600"
    assert error["message"] == f"{others.database_file} cannot be read: {owner}."


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_in_a_folder_that_cannot_be_searched_is_not_said_to_be_missing(
    others: Userctl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    theirs = others.home / "theirs"
    theirs.mkdir()
    others.extra["USERCTL_DATABASE_URL"] = f"sqlite:///{theirs}/users.db"
    close(theirs, monkeypatch)
    result = others(*command, "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_access_denied")
    assert f"A folder of {theirs}/users.db cannot be searched" in result.error["message"]


def test_doctor_reports_where_the_home_cannot_be_searched(
    others: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = others.home / "theirs"
    theirs.mkdir()
    others.extra |= {"HOME": str(theirs), "USERCTL_DATABASE_URL": f"sqlite:///{theirs}/users.db"}
    close(theirs, monkeypatch)
    result = others("doctor", "--problems")
    assert result.code == 6
    assert "connection" in result.out
    assert "cannot be searched" in result.out
