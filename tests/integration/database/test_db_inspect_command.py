"""``userctl db inspect``, and what is asked before a restore."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.cli import Userctl

ADA, EVE = "ada@example.com", "eve@example.com"


@pytest.fixture
def backup(userctl: Userctl) -> Path:
    """A backup with two users, a deleted one, a session and an API token."""
    for email in (ADA, EVE, "bob@example.com"):
        userctl.create(email)
    userctl.login(ADA, "--no-store")
    assert userctl("token", "issue", "--user", ADA, "--label", "ci").code == 0
    assert userctl("user", "delete", "3", "--yes").code == 0
    assert userctl("db", "backup", "a.backup").code == 0
    return userctl.home / "a.backup"


def test_a_backup_says_what_it_holds_and_that_it_verifies(userctl: Userctl, backup: Path) -> None:
    events = userctl("audit", "list", "-o", "json").json
    written = userctl("db", "backup", "b.backup", "-o", "json").json
    userctl.create("new@example.com")
    found = userctl("db", "inspect", "b.backup", "-o", "json").json
    kind = "sqlite" if str(userctl.database_url).startswith("sqlite") else "postgresql"
    counts = {"users": 2, "deleted_users": 1, "refresh_tokens": 1, "api_tokens": 1}
    assert found == {
        "file": "b.backup",
        "kind": kind,
        "taken_at": found["taken_at"],
        "last_event_at": events[-1]["time"],
        **counts,
        "audit_events": len(events),
        "verified": True,
        **{name: written[name] for name in ("revision", "size_bytes", "sha256")},
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["taken_at"])
    assert found["taken_at"] >= found["last_event_at"]
    table = userctl("db", "inspect", "b.backup").out
    assert re.search(r"^users +2$", table, re.MULTILINE)
    assert re.search(r"^verified +yes$", table, re.MULTILINE)


def test_a_backup_is_inspected_wherever_it_is_and_changes_nothing(
    userctl: Userctl, backup: Path, home: Path
) -> None:
    other = Userctl(home, f"sqlite:///{home}/none.db")
    backup.chmod(0o400)
    before = sorted(home.iterdir())
    assert other("db", "inspect", str(backup), "-o", "json").json["users"] == 2
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_damaged_backup_is_exit_6(userctl: Userctl, backup: Path, part: float) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * part)])
    result = userctl("db", "inspect", "a.backup", "-o", "json")
    assert result.code == 6
    assert result.error["code"] in {"database_damaged", "database_tool_failed"}


def test_damage_amid_a_backup_is_exit_6(local: Userctl) -> None:
    local.create(ADA)
    assert local("db", "backup", "a.backup").code == 0
    file = local.home / "a.backup"
    content = bytearray(file.read_bytes())
    content[2 * 4096 : 4 * 4096] = b"\xaa" * 2 * 4096
    file.write_bytes(content)
    result = local("db", "inspect", "a.backup", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_damaged")


@pytest.mark.parametrize("content", [b"", b"email\nada@example.com\n"])
def test_another_file_is_not_a_backup(local: Userctl, content: bytes) -> None:
    (local.home / "x").write_bytes(content)
    result = local("db", "inspect", "x", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_input")
    assert local("db", "inspect", "missing").code == 9


def test_a_database_of_something_else_is_not_a_backup_of_userctl(local: Userctl) -> None:
    with closing(sqlite3.connect(local.home / "app.db")) as connection, connection:
        connection.execute("CREATE TABLE apples (id INTEGER)")
    result = local("db", "inspect", "app.db", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_input")
    assert "the table users is missing" in result.error["message"]


def test_an_older_revision_lacks_tables_that_are_then_null(userctl: Userctl) -> None:
    userctl.create(ADA)
    assert userctl("db", "downgrade", "0001", "--yes").code == 0
    try:
        assert userctl("db", "backup", "old.backup").code == 0
        found = userctl("db", "inspect", "old.backup", "-o", "json").json
    finally:
        assert userctl("db", "migrate", "-q").code == 0
    assert (found["revision"], found["users"], found["deleted_users"]) == ("0001", 1, None)


def test_tables_of_the_same_name_in_another_schema_do_not_count(
    home: Path, postgres_url: str
) -> None:
    userctl = Userctl(home, postgres_url)
    userctl.create(ADA)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("CREATE SCHEMA aaa")
        try:
            server.execute("CREATE TABLE aaa.users AS SELECT generate_series(1, 7) AS id")
            assert userctl("db", "backup", "a.backup").code == 0
        finally:
            server.execute("DROP SCHEMA aaa CASCADE")
    assert userctl("db", "inspect", "a.backup", "-o", "json").json["users"] == 1


def test_without_pg_restore_a_dump_cannot_be_inspected(home: Path, postgres_url: str) -> None:
    userctl = Userctl(home, postgres_url)
    assert userctl("db", "backup", "a.backup").code == 0
    userctl.extra["PATH"] = str(home)
    result = userctl("db", "inspect", "a.backup", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_tool_missing")
