"""A row that another program made unreadable stops no list, is named, and can be corrected."""

import json
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.support.applications import HASH, run_script
from tests.support.cli import PASSWORD, Userctl
from tests.support.marks import soak_only

BAD_NAME = "UPDATE users SET name = CAST(x'4164ff' AS TEXT) WHERE id = 2"


def damage(userctl: Userctl, *statements: str) -> None:
    """Run statements as another program would."""
    run_script(str(userctl.database_url), ";".join(statements))


@pytest.fixture
def three(local: Userctl) -> Userctl:
    """Three users of whom the second has a session and an API token."""
    for name in ("ada", "bob", "eve"):
        local("user", "create", f"{name}@example.com", "--name", name.title(), "--no-password")
    local("token", "issue", "--user", "2", "--label", "ci")
    damage(
        local,
        f"UPDATE users SET hashed_password = '{HASH}'",
        "INSERT INTO refresh_tokens (token, user_id, expires_at) VALUES "
        "('t', 2, '2099-01-01 00:00:00.000000'), ('u', 3, '2099-01-01 00:00:00.000000')",
    )
    return local


DAMAGES = [
    (BAD_NAME, "users", "2", "name", "not UTF-8"),
    ("UPDATE users SET name = x'41' WHERE id = 2", "users", "2", "name", "not stored as text"),
    ("UPDATE users SET role = CAST(x'ff' AS TEXT) WHERE id = 2", "users", "2", "role", "UTF-8"),
    ("UPDATE users SET email = CAST(x'ff' AS TEXT) WHERE id = 2", "users", "2", "email", "UTF-8"),
    ("UPDATE users SET created_at = 'soon' WHERE id = 2", "users", "2", "created_at", "a time"),
    ("UPDATE users SET created_at = '2024-02-31 00:00:00' WHERE id = 2",
     "users", "2", "created_at", "a time"),
    ("UPDATE users SET created_at = '0001-01-01 00:00:00+01:00' WHERE id = 2",
     "users", "2", "created_at", "a time"),
    ("UPDATE users SET hashed_password = x'00' WHERE id = 2",
     "users", "2", "hash", "not stored as text"),
    ("UPDATE users SET former_login_at = 'soon' WHERE id = 2",
     "users", "2", "former_login_at", "a time"),
    ("UPDATE users SET managed_by = x'ff' WHERE id = 2",
     "users", "2", "managed_by", "not stored as text"),
    ("UPDATE users SET password_version = 'x' WHERE id = 2",
     "users", "2", "password_version", "not"),
    ("UPDATE users SET previous_email = CAST(x'ff' AS TEXT) WHERE id = 2",
     "users", "2", "previous_email", "UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "table", "row", "column", "reason"),
    [each if place % 3 == 0 else soak_only(*each) for place, each in enumerate(DAMAGES)],
)
def test_a_list_and_an_export_go_on_past_a_user_that_cannot_be_read(
    three: Userctl, statement: str, table: str, row: str, column: str, reason: str
) -> None:
    damage(three, statement)
    for command in (
        "user list",
        "user list --all",
        "user list --sort name --all",
        "user list -o csv",
        "user export - --format jsonl",
        "user export - --format csv --with-hashes",
    ):
        result = three(*command.split())
        assert result.code == 6, command
        assert "ada@example.com" in result.out
        assert "eve@example.com" in result.out
        assert "bob@example.com" not in result.out
        for word in (table, row, column, reason):
            assert word in result.err, (command, result.err)
        assert result.err.count("error: ") == 1
    as_json = three("user", "list", "-o", "json")
    assert as_json.code == 6
    assert '"code": "database_damaged"' in as_json.err
    assert "eve@example.com" in as_json.out
    doctor = three("doctor", "--problems")
    assert doctor.code == 6
    assert column in doctor.out


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        (BAD_NAME, ["update", "2", "--name", "Bob"]),
        (DAMAGES[1][0], ["update", "2", "--name", "Bob"]),
        (DAMAGES[2][0], ["update", "2", "--role", "user"]),
        (DAMAGES[3][0], ["update", "2", "--email", "bob@example.com"]),
        (DAMAGES[4][0], ["update", "2", "--created-at", "2024-01-01T00:00:00Z"]),
        (DAMAGES[6][0], ["update", "2", "--created-at", "2024-01-01T00:00:00Z"]),
        (DAMAGES[7][0], ["passwd", "2", "--no-password"]),
        ("UPDATE users SET updated_at = 'x' WHERE id = 2", ["update", "2", "--name", "B"]),
        ("UPDATE users SET disabled_at = 'x' WHERE id = 2", ["enable", "2"]),
        ("UPDATE users SET disabled_at = 'x' WHERE id = 2", ["disable", "2"]),
        ("UPDATE users SET must_change_password = 5", ["passwd", "2", "--no-password"]),
    ],
)
def test_a_user_that_cannot_be_read_can_be_corrected(
    three: Userctl, statement: str, command: list[str]
) -> None:
    damage(three, statement)
    result = three("user", *command)
    assert result.code == 0, result.err
    assert three("user", "show", "2").code == 0
    assert three("user", "list").code == 0
    assert three("audit", "verify").code == 0
    assert three("audit", "list", "--all").code == 0


def test_an_import_disables_a_user_whose_time_of_that_cannot_be_read(three: Userctl) -> None:
    email = three("user", "show", "2", "--fields", "email", "--raw").out.strip()
    damage(three, "UPDATE users SET disabled_at = 'x' WHERE id = 2")
    record = f'{{"email": "{email}", "status": "disabled"}}'
    imported = three("user", "import", "-", "--format", "jsonl", "--on-conflict", "update",
                     stdin=record)  # fmt: skip
    assert imported.code == 0, imported.err
    assert three("user", "list").code == 0


@pytest.mark.parametrize("statement", [case[0] for case in DAMAGES])
def test_a_user_that_cannot_be_read_can_be_disabled_deleted_and_restored(
    three: Userctl, statement: str
) -> None:
    damage(three, statement)
    shown = three("user", "show", "2", "-o", "json")
    assert shown.error["code"] == "database_damaged"
    for command in (["disable"], ["enable"], ["update", "--name", "X"], ["delete", "--yes"]):
        result = three("user", command[0], "2", *command[1:])
        assert result.code == 0, (command, result.err)
    listed = three("user", "list", "--deleted")
    assert listed.code == (0 if "name" in statement else 6)
    role = ["--role", "user"] if "role" in statement else []
    assert three("user", "restore", "2", *role).code == 0
    assert three("user", "delete", "2", "--hard", "--yes").code == 0
    assert three("user", "list").code == 0
    assert three("audit", "verify").code == 0


@pytest.mark.parametrize("value", ["x'ff'", "CAST(x'ff' AS TEXT)"])
@pytest.mark.parametrize("used", [True, False])
def test_a_session_whose_id_cannot_be_read_is_refused_and_can_be_ended(
    three: Userctl, value: str, used: bool
) -> None:
    three.login("bob@example.com")
    stored = three.session_file.read_text()
    if used:
        assert three("token", "refresh").code == 0
        damage(three, "UPDATE refresh_tokens SET used_at = '2024-01-01 00:00:00.000000'")
        three.session_file.write_text(stored)
    damage(three, f"UPDATE refresh_tokens SET family_id = {value}")
    refused = three("token", "refresh")
    assert refused.code == 6
    assert "refresh_tokens.family_id is not" in refused.err
    assert three("logout").code == 0
    assert three("token", "revoke", "3", "--yes").code == 0


@pytest.mark.parametrize(
    ("statement", "name"),
    [(BAD_NAME, r"Ad\xff"), *((case[0], "Bob") for case in (DAMAGES[4], *DAMAGES[8:]))],
)
def test_a_session_of_a_user_who_cannot_be_read_goes_on(
    three: Userctl, statement: str, name: str
) -> None:
    damage(three, statement)
    assert three.login("bob@example.com")["name"] == name
    assert three("token", "refresh").code == 0
    assert three("whoami").code == 0


@pytest.mark.parametrize("statement", [DAMAGES[0][0], DAMAGES[3][0], DAMAGES[4][0]])
def test_sessions_of_a_user_that_cannot_be_read_can_be_ended(
    three: Userctl, statement: str
) -> None:
    damage(three, statement)
    ended = three("session", "end", "--user", "2", "--yes", "-o", "json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["sessions_ended"] == 1
    assert three("audit", "verify").code == 0


@pytest.mark.parametrize("column", ["login_client", "login_source", "login_method", "origin"])
def test_a_session_that_cannot_be_read_is_named_by_its_column(three: Userctl, column: str) -> None:
    damage(three, f"UPDATE refresh_tokens SET {column} = CAST(x'ff' AS TEXT) WHERE id = 1")
    listed = three("session", "list")
    assert listed.code == 6
    assert "eve@example.com" in listed.out
    assert f"refresh_tokens.{column} is not UTF-8" in listed.err
    ended = three("session", "end", "--user", "2", "--yes")
    assert ended.code == 0, ended.err


def test_a_search_goes_on_past_text_that_is_not_utf_8(three: Userctl) -> None:
    damage(three, BAD_NAME)
    result = three("user", "list", "--search", "EVE")
    assert result.code == 0, result.err
    assert "eve@example.com" in result.out
    assert three("user", "list", "--search", "bob").code == 6


@pytest.mark.parametrize(
    ("statement", "row", "column"),
    [
        ("UPDATE refresh_tokens SET expires_at = 'never' WHERE id = 1", "1", "expires_at"),
        (
            "UPDATE refresh_tokens SET family_id = CAST(x'ff' AS TEXT) WHERE id = 1",
            "1",
            "family_id",
        ),
        ("UPDATE api_tokens SET label = CAST(x'ff' AS TEXT)", "1", "label"),
        ("UPDATE api_tokens SET created_at = 'x'", "1", "created_at"),
    ],
)
def test_a_list_of_tokens_goes_on_past_one_that_cannot_be_read(
    three: Userctl, statement: str, row: str, column: str
) -> None:
    damage(three, statement)
    for command in ("token list", "token list --all -o jsonl"):
        result = three(*command.split())
        assert result.code == 6
        assert "eve@example.com" in result.out
        assert f"oken {row} cannot be read" in result.err
        assert column in result.err
    assert three("doctor", "--problems").code == 6


@pytest.mark.parametrize("value", ["'x'", "x'ff'", "CAST(x'ff' AS TEXT)"])
def test_an_api_token_that_refers_to_no_number_is_no_bug(local: Userctl, value: str) -> None:
    local.create("ada@example.com")
    token = local("token", "issue", "--user", "1", "--label", "ci", "--raw").out
    damage(local, f"PRAGMA foreign_keys = OFF; UPDATE api_tokens SET user_id = {value}")
    for command in ("verify --stdin", "revoke api-1", "revoke --stdin"):
        refused = local("token", *command.split(), stdin=token)
        assert refused.code == 6, command
        assert "API token 1 cannot be read: api_tokens.user_id is not" in refused.err


@pytest.mark.parametrize("value", ["x'ff'", "CAST(x'ff' AS TEXT)"])
def test_a_deleted_user_whose_role_cannot_be_read_gets_another(local: Userctl, value: str) -> None:
    local.create("ada@example.com")
    assert local("user", "delete", "1", "--yes").code == 0
    damage(local, f"UPDATE deleted_users SET role = {value}")
    refused = local("user", "restore", "1")
    assert refused.code == 2
    assert r"had the role '\xff'" in refused.err
    assert local("user", "restore", "1", "--role", "user").code == 0


def test_a_token_of_a_user_whose_address_cannot_be_read_is_listed(three: Userctl) -> None:
    damage(three, DAMAGES[3][0])
    result = three("token", "list")
    assert result.code == 0
    assert result.out.count(r"\xff") == 2


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("actor = CAST(x'ff' AS TEXT)", "actor"),
        ("time = 'noon'", "time"),
        ("time = substr(time, 1, 10) || ' zz'", "time"),
        ("time = time || ' zz'", "time"),
        ("time = substr(time, 1, 10) || ' 24:00:00.000000'", "time"),
        ("time = substr(time, 1, 10) || ' 10:00:60.000000'", "time"),
        ("detail = 'no JSON'", "detail"),
        ("hash = x'00'", "hash"),
    ],
)
def test_the_audit_trail_is_listed_past_an_event_that_cannot_be_read(
    three: Userctl, change: str, column: str
) -> None:
    damage(
        three,
        "DROP TRIGGER audit_events_no_update",
        f"UPDATE audit_events SET {change} WHERE id = 2",
    )
    for command in ("audit list", "audit list --all -o csv"):
        result = three(*command.split())
        assert result.code == 6
        assert "bob@example.com" not in "".join(result.out.splitlines()[1:2])
        assert "Event 2 cannot be read: audit_events." in result.err
        assert column in result.err
    exported = three("audit", "export", "--format", "csv")
    assert exported.out.count("\n") > 3
    assert exported.code == (0 if column == "detail" else 6)
    assert three("audit", "verify").code == 6
    summary = three("audit", "summary", "-o", "json")
    assert summary.code == (6 if column == "time" else 0)
    assert ("Event 2 cannot be read: audit_events.time" in summary.err) == (column == "time")
    assert json.loads(summary.out)["periods"][0]["created"] == (2 if column == "time" else 3)


def test_a_page_of_which_no_row_can_be_read_says_where_the_next_begins(three: Userctl) -> None:
    damage(three, "UPDATE users SET name = x'ff' WHERE id < 3")
    result = three("user", "list", "--limit", "2")
    assert result.code == 6
    assert "--after 2" in result.err
    assert "eve@example.com" in three("user", "list", "--after", "2").out


def test_a_copy_names_the_row_that_cannot_be_read(three: Userctl, tmp_path: Any) -> None:
    damage(three, BAD_NAME)
    result = three("db", "copy", "--to", f"sqlite:///{tmp_path}/copy.db", "-o", "json")
    assert result.code == 6
    assert "User 2 cannot be read: users." in result.err
    assert "name" in result.err


def test_metrics_count_users_whose_role_cannot_be_read(three: Userctl) -> None:
    damage(three, DAMAGES[2][0], "UPDATE refresh_tokens SET expires_at = '1'")
    result = three("metrics")
    assert result.code == 0, result.err
    assert "userctl_accounts" in result.out
    assert three("db", "stats").code == 0


@pytest.mark.parametrize("time", ["infinity", "-infinity", "0044-03-15 00:00:00 BC"])
def test_postgresql_may_hold_times_that_python_does_not_know(
    home: Any, postgres_url: str, time: str
) -> None:
    userctl = Userctl(home, postgres_url)
    for name in ("ada", "bob", "eve"):
        userctl("user", "create", f"{name}@example.com", "--no-password")
    damage(userctl, f"UPDATE users SET created_at = '{time}' WHERE id = 2")
    for command in ("user list", "user export - --format csv", "user list --sort created_at --all"):
        result = userctl(*command.split())
        assert result.code == 6
        assert "eve@example.com" in result.out
        assert "User 2 cannot be read: users." in result.err
    assert userctl("doctor", "--problems").code == 6
    assert userctl("user", "disable", "2").code == 0
    corrected = userctl("user", "update", "2", "--created-at", "2024-01-01T00:00:00Z")
    assert corrected.code == 0, corrected.err
    assert userctl("user", "list").code == 0


@pytest.mark.parametrize("time", ["infinity", "0044-03-15 00:00:00 BC"])
def test_postgresql_may_hold_such_times_in_every_table(
    home: Any, postgres_url: str, time: str
) -> None:
    userctl = Userctl(home, postgres_url)
    for name in ("ada", "bob", "eve"):
        userctl("user", "create", f"{name}@example.com", "--no-password")
        userctl("token", "issue", "--user", f"{name}@example.com", "--label", "ci")
    damage(
        userctl,
        f"UPDATE users SET disabled_at = '{time}' WHERE id = 2",
        f"UPDATE api_tokens SET expires_at = '{time}' WHERE user_id = 2",
        "INSERT INTO refresh_tokens (token, user_id, expires_at) VALUES "
        f"('t', 2, '{time}'), ('u', 3, '2099-01-01')",
        "SET session_replication_role = replica",
        f"UPDATE audit_events SET time = '{time}' WHERE id = 4",
    )
    for command, what in [
        ("user list", "User 2"),
        ("token list", "API token"),
        ("session list --state any", "Token 1"),
        ("audit list", "Event 4"),
        ("audit export - --format csv", "Event 4"),
    ]:
        result = userctl(*command.split())
        assert result.code == 6, (command, result.out)
        assert "eve@example.com" in result.out
        assert what in result.err
        assert "cannot be read" in result.err
    for command in (
        "user delete bob@example.com --yes",
        "user restore 2",
        "session end --user 2 --yes",
    ):
        assert userctl(*command.split()).code == 0, command


def test_adoption_finds_text_that_is_not_utf_8(home: Any, tmp_path: Any) -> None:
    path = tmp_path / "application.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT NOT NULL UNIQUE, "
            "hashed_password TEXT NOT NULL)"
        )
        connection.execute("INSERT INTO users VALUES (7, CAST(x'ff' AS TEXT), 'a@b.example', 'x')")
    userctl = Userctl(home, f"sqlite:///{path}")
    planned = userctl("db", "adopt", "--dry-run")
    assert "UTF-8" in planned.out
    assert "7" in planned.out
    refused = userctl("db", "adopt", "--yes", "-o", "json")
    assert refused.code == 5
    assert "users.name" in refused.err
    assert PASSWORD not in refused.err


def test_a_server_without_an_encoding_may_hold_any_bytes(home: Any, postgres_server: str) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS userctl_ascii")
        server.execute(
            "CREATE DATABASE userctl_ascii ENCODING 'SQL_ASCII' TEMPLATE template0 "
            "LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    url = urlunsplit(urlsplit(postgres_server)._replace(path="/userctl_ascii"))
    userctl = Userctl(home, url)
    assert userctl("db", "migrate").code == 0
    for name in ("ada", "bob", "eve"):
        userctl("user", "create", f"{name}@example.com", "--name", "Zoë", "--no-password")
    damage(userctl, r"UPDATE users SET name = convert_from('\x4164ff', 'SQL_ASCII') WHERE id = 2")
    for command in ("user list", "user export - --format csv", "user list --sort name --all"):
        result = userctl(*command.split())
        assert result.code == 6, result.err
        assert result.out.count("Zoë") == 2
        assert "User 2 cannot be read: users.name is not UTF-8" in result.err
    assert userctl("doctor", "--problems").code == 6
    assert userctl("user", "disable", "2").code == 0
    corrected = userctl("user", "update", "2", "--name", "Bob")
    assert corrected.code == 0, corrected.err
    assert userctl("user", "list").code == 0
