"""SQLite files of another user."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Userctl
from tests.support.other_users import OTHER, unprivileged

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
def others(socket_folder: Path, migrated_sqlite: Path) -> Iterator[Userctl]:
    """Userctl of an unprivileged user on a database in a folder of root, in a home of theirs."""
    home, theirs = socket_folder / "home", socket_folder / "theirs"
    for folder in (home, theirs):
        folder.mkdir()
    (home / "new.csv").write_text("email\n")
    database = theirs / "users.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    if os.geteuid() == 0:
        for path in (socket_folder, home):
            os.chown(path, OTHER, OTHER)
    yield Userctl(home, f"sqlite:///{database}")
    theirs.chmod(0o700)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_cannot_be_read_is_named_with_its_owner(
    others: Userctl, command: tuple[str, ...]
) -> None:
    theirs = others.database_file.parent
    theirs.chmod(0o777)
    others.database_file.chmod(0o600 if os.geteuid() == 0 else 0)
    mode = others.database_file.stat().st_mode & 0o777
    with unprivileged():
        error = others(*command, "-o", "json").error
    assert error["code"] == "database_access_denied"
    assert error["message"] == (
        f"{others.database_file} cannot be read: it belongs to uid "
        f"{others.database_file.stat().st_uid} and has mode {mode:04o}."
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_in_a_folder_that_cannot_be_searched_is_not_said_to_be_missing(
    others: Userctl, command: tuple[str, ...]
) -> None:
    others.database_file.parent.chmod(0o700 if os.geteuid() == 0 else 0)
    with unprivileged():
        result = others(*command, "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_access_denied")
    assert f"A folder of {others.database_file} cannot be searched" in result.error["message"]


def test_doctor_reports_where_the_home_cannot_be_searched(others: Userctl) -> None:
    others.database_file.parent.chmod(0o700 if os.geteuid() == 0 else 0)
    others.extra["HOME"] = str(others.database_file.parent)
    with unprivileged():
        result = others("doctor", "--problems")
    assert result.code == 6
    assert "connection" in result.out
    assert "cannot be searched" in result.out
