"""Live values for shells, from the settings, the database and the keyring."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest import mock

import pytest

from tests.support.applications import run_script
from tests.support.cli import Userctl
from userctl.cli.completion.answer import answer_lines
from userctl.db import quick_read

HOSTILE = "ha$(touch pwned)`x`;'\" *@example.com"
"""An address that another program may have stored."""


def completions(userctl: Userctl, line: str, shell: str = "bash") -> list[str]:
    """Return what a shell is offered, however long the machine takes."""
    with (
        mock.patch.dict(os.environ, userctl.environment, clear=True),
        mock.patch.object(quick_read, "LONGEST_SECONDS", 60),
    ):
        return list(answer_lines(shell, {"_USERCTL_LINE": f"userctl {line}"}))


def test_values_of_the_database_are_completed(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--name", "Ada")
    userctl.create("alan@example.com")
    userctl.create("Grace@example.com")
    assert userctl("user", "delete", "alan@example.com", "--yes").code == 0
    assert userctl("token", "issue", "--user", "1", "--label", "ci").code == 0
    userctl.login("ada@example.com")
    assert completions(userctl, "user show a") == ["ada@example.com"]
    assert completions(userctl, "user show gr") == ["grace@example.com"]
    assert completions(userctl, "user disable ") == ["ada@example.com", "grace@example.com"]
    assert completions(userctl, "user delete ada@example.com gr") == ["grace@example.com"]
    assert completions(userctl, "user restore a") == ["alan@example.com"]
    assert completions(userctl, "login a") == ["ada@example.com"]
    assert completions(userctl, "user create a") == []
    assert completions(userctl, "audit list --user=a") == ["--user=ada@example.com"]
    assert completions(userctl, "user show a", "fish") == ["ada@example.com\tAda"]
    assert completions(userctl, "token revoke ") == ["1", "api-1"]
    assert completions(userctl, "token revoke a", "zsh") == ["api-1\tci"]
    [session] = userctl("session", "list", "-q").out.split()
    assert completions(userctl, "session end ") == [session]
    assert completions(userctl, f"session show {session[:4]}") == [session]
    assert completions(userctl, "user list --role ") == ["admin", "user"]


def test_the_fields_of_a_sort_order_are_completed(userctl: Userctl) -> None:
    assert completions(userctl, "user list --sort na") == ["name"]
    assert completions(userctl, "user list --sort=-cr") == ["--sort=-created_at"]
    assert completions(userctl, "user list --sort -up") == ["-updated_at"]
    assert "-id" not in completions(userctl, "user list --sort ")


def test_the_ids_after_which_a_list_begins_are_completed(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl.create("eve@example.com")
    assert completions(userctl, "user list --after ") == ["1", "2"]
    assert completions(userctl, "user list --after=2", "fish") == ["--after=2\teve@example.com"]
    assert completions(userctl, "audit list --after 2", "zsh") == ["2\taccount:create"]


def test_hostile_values_are_quoted_or_left_out(userctl: Userctl) -> None:
    for number, address in enumerate((HOSTILE, "ha\x1b[31m@example.com", "ha\n@x", "-ha@x")):
        text = address.replace("'", "''")
        run_script(
            str(userctl.database_url),
            "INSERT INTO users (email, hashed_password, name) "
            f"VALUES ('{text}', '', 'a\x1b[31m{number}')",
        )
    assert completions(userctl, "user show ha") == [
        "ha\\$\\(touch\\ pwned\\)\\`x\\`\\;\\'\\\"\\ \\*@example.com"
    ]
    assert completions(userctl, "user show ha", "zsh") == [HOSTILE]
    assert "-ha@x" not in completions(userctl, "user show ")
    assert completions(userctl, "user show 'ha") == []


def test_keys_profiles_and_other_databases_are_completed(local: Userctl) -> None:
    local.keyring = True
    assert local("key", "generate").code == 0
    [kid] = local("key", "list", "-q").out.split()
    config = local.home / ".config/userctl/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('roles = ["user", "admin"]\n[profiles.prod]\n[profiles.test]\n')
    assert completions(local, "key retire ") == [kid]
    assert completions(local, "user list --profile ") == ["prod", "test"]
    local.create("ada@example.com")
    assert completions(local, "user show --profile test a") == ["ada@example.com"]
    assert completions(local, "user show --database-url nonsense --fields ema") == ["email"]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Lock a database as a whole."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


def ask(userctl: Userctl) -> tuple[str, str, int]:
    """Ask as a shell does, and return what there was to see."""
    userctl.extra |= {"_USERCTL_COMPLETE": "words_bash", "_USERCTL_LINE": "userctl user show a"}
    result = userctl.spawn()
    return result.out, result.err, result.code


def test_a_database_that_is_locked_is_not_waited_for(local: Userctl) -> None:
    local.create("ada@example.com")
    assert completions(local, "user show a") == ["ada@example.com"]
    with locked(local.database_file):
        assert ask(local) == ("", "", 0)


@pytest.mark.parametrize("content", [None, b"", b"no database" * 100, b"SQLite format 3\0" * 99])
def test_a_database_that_is_missing_or_broken_is_passed_over_in_silence(
    local: Userctl, content: bytes | None
) -> None:
    file = local.home / "other.db"
    if content is not None:
        file.write_bytes(content)
    local.database_url = f"sqlite:///{file}"
    before = sorted(local.home.rglob("*"))
    assert ask(local) == ("", "", 0)
    assert sorted(local.home.rglob("*")) == before
    assert content is None or file.read_bytes() == content


def test_no_file_is_left_beside_a_database(local: Userctl) -> None:
    local.create("ada@example.com")
    beside = sorted(local.database_file.parent.iterdir())
    assert completions(local, "user show a") == ["ada@example.com"]
    assert sorted(local.database_file.parent.iterdir()) == beside


@pytest.mark.parametrize(
    "extra",
    [
        {"USERCTL_DATABASE_URL": "nonsense"},
        {"USERCTL_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"},
        {"USERCTL_PROFILE": "nonsense"},
    ],
)
def test_what_is_wrong_is_not_told_in_the_middle_of_a_line(
    local: Userctl, extra: dict[str, str]
) -> None:
    local.extra |= extra
    assert ask(local) == ("", "", 0)
