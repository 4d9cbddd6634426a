"""``userctl db`` and ``userctl health`` on databases that were never migrated."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.cli import Userctl
from userctl.config.database_url import DatabaseURL
from userctl.db.engine import database_engine


@pytest.fixture
def bare(home: Path, bare_database_url: str) -> Userctl:
    return Userctl(home, bare_database_url)


def test_migrate_takes_a_database_from_nothing_to_the_head_and_again_changes_nothing(
    bare: Userctl,
) -> None:
    assert bare("db", "migrate", "--check").code == 8
    assert bare("db", "migrate", "-o", "json").json["state"] == "current"
    assert bare("db", "migrate", "-o", "json").json["pending"] == []
    assert bare("db", "migrate", "--check").code == 0


def test_status_changes_nothing(bare: Userctl) -> None:
    before = bare("db", "status", "-o", "json").json
    assert before["state"] in {"missing", "empty"}
    assert (before["current"], before["pending"]) == (
        None,
        ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"],
    )
    assert bare("db", "status", "-o", "json").json == before


def test_history_says_which_migrations_are_applied(bare: Userctl) -> None:
    bare("db", "migrate", "0001")
    history = bare("db", "history", "-o", "json").json
    assert [(m["revision"], m["applied"]) for m in history] == [
        ("0001", True),
        ("0002", False),
        ("0003", False),
        ("0004", False),
        ("0005", False),
        ("0006", False),
        ("0007", False),
        ("0008", False),
        ("0009", False),
        ("0010", False),
    ]


def test_downgrade_needs_a_yes_and_keeps_the_accounts(bare: Userctl) -> None:
    bare("db", "migrate")
    bare.create("ada@example.com")
    assert bare("db", "downgrade", "0001").code == 2
    assert bare("db", "downgrade", "0001", "--yes", "-o", "json").json["current"] == "0001"
    assert bare("db", "migrate").code == 0
    assert bare.login("ada@example.com")["email"] == "ada@example.com"


def test_a_downgrade_that_would_lose_passwords_is_refused(bare: Userctl) -> None:
    bare("db", "migrate")
    bare.create("ada@example.com")
    bare("user", "disable", "ada@example.com")
    result = bare("db", "downgrade", "0001", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (5, "downgrade_refused")
    assert bare("user", "enable", "ada@example.com").code == 0


@pytest.mark.parametrize(
    "args", [["migrate", "9999"], ["downgrade", "9999", "--yes"], ["migrate", "--sql", "--check"]]
)
def test_a_revision_that_makes_no_sense_is_refused(bare: Userctl, args: list[str]) -> None:
    bare("db", "migrate")
    assert bare("db", *args).code == 2


def test_sql_prints_what_would_run_and_changes_nothing(bare: Userctl) -> None:
    sql = bare("db", "migrate", "--sql")
    assert sql.code == 0
    assert "CREATE TABLE users" in sql.out
    assert bare("db", "migrate", "--check").code == 8


def test_commands_on_a_database_that_is_not_migrated_name_the_way_out(bare: Userctl) -> None:
    bare("db", "migrate", "0001")
    for command in (["user", "list"], ["login", "a@example.com", "--password-stdin"]):
        result = bare(*command, "-o", "json", stdin="x")
        assert (result.code, result.error["code"]) == (6, "database_not_migrated")
        assert result.error["hint"] == "Run 'userctl db migrate'."


def test_health_tells_a_monitor_what_is_wrong(bare: Userctl) -> None:
    sick = bare("health", "-o", "json")
    assert sick.code == 6
    assert '"status": "unhealthy"' in sick.out
    bare("db", "migrate")
    well = bare("health", "-o", "json").json
    assert (well["status"], well["database"]) == ("healthy", "connected")


def test_health_creates_no_database(embedded: Userctl) -> None:
    assert embedded("health").code == 6
    assert not (embedded.home / ".local/share/userctl").exists()


def change(userctl: Userctl, statement: str) -> None:
    """Do to the database what another program might."""
    engine = database_engine(DatabaseURL.parse(str(userctl.database_url)))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE userctl_version SET version_num = '0099'", "database_too_new"),
        ("INSERT INTO userctl_version VALUES ('0001')", "database_damaged"),
        ("DELETE FROM userctl_version", "foreign_tables"),
    ],
)
def test_no_check_is_green_on_a_database_that_cannot_be_migrated(
    bare: Userctl, statement: str, code: str
) -> None:
    bare("db", "migrate")
    change(bare, statement)
    for command in (["db", "migrate"], ["db", "migrate", "--check"]):
        result = bare(*command, "-o", "json")
        assert (result.code, result.error["code"]) == (6, code)
    assert bare("user", "list").code == 6


def test_a_downgrade_ends_the_sessions_whose_end_it_forgets(bare: Userctl) -> None:
    bare("db", "migrate")
    bare.create("ada@example.com")
    pair = bare.login("ada@example.com", "--no-store")
    bare("db", "downgrade", "0001", "--yes")
    bare("db", "migrate")
    result = bare("token", "refresh", "--stdin", "-o", "json", stdin=pair["refresh_token"])
    assert (result.code, result.error["code"]) == (4, "token_revoked")


def test_a_downgrade_that_would_lose_hashes_of_another_system_is_refused(bare: Userctl) -> None:
    bare("db", "migrate")
    record = '{"email": "ada@example.com", "hashed_password": "{SHA}zyc9X/eawwW1U/uTDLUUmrpXpb0="}'
    assert bare("user", "import", "-", "--format", "jsonl", stdin=record).code == 0
    refused = bare("db", "downgrade", "0008", "--yes")
    assert refused.code == 5
    assert "1 user" in refused.err
    assert bare("user", "passwd", "ada@example.com", "--no-password").code == 0
    assert bare("db", "downgrade", "0008", "--yes").code == 0
