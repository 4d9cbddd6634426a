"""SQLite files on network shares that refuse to lock files."""

import errno
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence

import pytest

from tests.support.cli import Userctl

ADA = "ada@example.com"


@pytest.fixture
def busy(local: Userctl) -> Iterator[Userctl]:
    """Userctl on a file of which SQLite says that another process has locked it."""
    local.create(ADA)
    holder = sqlite3.connect(local.database_file, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    yield local
    holder.close()


@pytest.fixture
def share(busy: Userctl, monkeypatch: pytest.MonkeyPatch) -> Userctl:
    """The same on a share that refuses locks."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    return busy


@pytest.mark.parametrize(
    "command",
    [
        ("user", "list"),
        ("user", "create", "bob@example.com", "--no-password"),
        ("token", "purge"),
        ("db", "migrate"),
        ("db", "backup", "b.backup"),
    ],
    ids=" ".join,
)
def test_a_file_that_cannot_be_locked_is_named_with_its_file_system_and_at_once(
    share: Userctl, command: Sequence[str]
) -> None:
    error = share(*command, "-o", "json").error
    assert error["code"] == "locks_unavailable"
    assert f"{share.database_file} cannot be locked: its file system (" in error["message"]
    assert " at /" in error["message"]
    assert error["hint"] == "Move the database to a local disk, or use PostgreSQL."


def test_health_and_doctor_say_so(share: Userctl) -> None:
    health = share("health", "-o", "json")
    assert (health.code, json.loads(health.out)["database"]) == (6, "locks_unavailable")
    doctor = share("doctor", "--problems")
    assert doctor.code == 6
    assert "cannot be locked" in doctor.out


def test_a_file_that_another_process_has_locked_is_busy(
    busy: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userctl.db.engine.BUSY_TIMEOUT_SECONDS", 0.3)
    assert busy("user", "list", "-o", "json").error["code"] == "database_busy"
