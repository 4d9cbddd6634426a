"""``userctl db copy``: from each kind of database into each."""

import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.conftest import ACTOR, FakeClock, database_on, open_engine
from tests.support.applications import open_connection
from tests.support.cli import PASSWORD, Userctl
from tests.support.forking import Forks
from tests.support.marks import repeat
from userctl.config.database_url import DatabaseURL
from userctl.config.paths import InstallationFiles
from userctl.services.database.copy import CopyService

NO_FILES = InstallationFiles(secrets=(), mounted=(), database=(), trusted=())
COUNTED = ("services/database/copy.py", "repositories/table_copy.py", "core/atomic_files.py")
"""Where a copy is made."""

ADA, EVE = "ada@example.com", "eve@example.com"


@pytest.fixture
def filled(userctl: Userctl) -> Userctl:
    """A database with a row of each kind, of which some were deleted."""
    userctl.create(ADA, "--role", "admin", "--name", "\\N")
    userctl.create(EVE)
    userctl("user", "disable", EVE)
    userctl.create("old@example.com")
    assert userctl("user", "delete", "old@example.com", "--yes").code == 0
    userctl.login(ADA)
    assert userctl("token", "refresh").code == 0
    assert userctl("token", "issue", "--user", ADA, "--label", "ci").code == 0
    assert userctl("login", ADA, "--password-stdin", "--no-store", stdin="wrong horse 77").code == 4
    return userctl


def copied(source: Userctl, url: str) -> dict[str, int]:
    """Copy a database, and return how many rows went."""
    rows = source("db", "copy", "--to", url, "-o", "json").json
    return {row["table"]: row["rows"] for row in rows}


def lists(userctl: Userctl) -> list[Any]:
    """Return everything that can be listed, but the trail."""
    commands = ("user list", "user list --deleted", "token list", "token list --kind api",
                f"user show {ADA}")  # fmt: skip
    return [userctl(*command.split(), "-o", "json").json for command in commands]


def test_everything_is_there_and_the_audit_trail_goes_on(
    filled: Userctl, bare_database_url: str
) -> None:
    before, anchor = lists(filled), filled("audit", "head", "-o", "json").json
    rows = copied(filled, bare_database_url)
    assert rows == {"users": 2, "deleted_users": 1, "refresh_tokens": 2, "api_tokens": 1,
                    "login_throttles": rows["login_throttles"],
                    "audit_events": anchor["id"]}  # fmt: skip
    assert rows["login_throttles"] >= 1
    there = Userctl(filled.home, bare_database_url)
    assert lists(there) == before
    assert lists(filled) == before
    assert there("audit", "verify", "--anchor", anchor["anchor"]).code == 0
    [event] = there("audit", "list", "--tag", "database:copy", "-o", "json").json
    assert event["detail"]["rows"]["users"] == 2
    assert filled("audit", "list", "--tag", "database:copy", "-o", "json").json == []


def test_ids_are_never_given_twice_and_passwords_and_tokens_work(
    filled: Userctl, bare_database_url: str
) -> None:
    machine = filled("token", "issue", "--user", ADA, "--label", "x", "-o", "json").json["token"]
    copied(filled, bare_database_url)
    there = Userctl(filled.home, bare_database_url)
    assert there("token", "verify", "--stdin", stdin=machine).code == 0
    assert there.create("new@example.com")["id"] == 4
    assert there("login", ADA, "--password-stdin", stdin=PASSWORD).code == 0
    assert there("user", "restore", "3").code == 0


def test_there_and_back_again_is_the_same(filled: Userctl, bare_database_url: str) -> None:
    first = filled("db", "copy", "--to", bare_database_url, "-o", "json").json
    there = Userctl(filled.home, bare_database_url)
    second = there("db", "copy", "--to", "sqlite:///back.db", "-o", "json").json
    same = {row["table"]: row["digest"] for row in first if row["table"] != "audit_events"}
    assert same == {row["table"]: row["digest"] for row in second if row["table"] in same}


def test_a_database_with_a_row_is_left_alone(filled: Userctl, bare_database_url: str) -> None:
    there = Userctl(filled.home, bare_database_url)
    assert there("db", "migrate").code == 0
    there.create("mine@example.com")
    result = filled("db", "copy", "--to", bare_database_url, "-o", "json")
    assert (result.code, result.error["code"]) == (5, "database_not_empty")
    assert [user["email"] for user in there("user", "list", "-o", "json").json] == [
        "mine@example.com"
    ]


def test_a_database_with_an_event_alone_is_not_empty(
    filled: Userctl, bare_database_url: str
) -> None:
    assert Userctl(filled.home, bare_database_url)("db", "migrate").code == 0
    result = filled("db", "copy", "--to", bare_database_url, "-o", "json")
    assert (result.code, result.error["code"]) == (5, "database_not_empty")
    assert "not even 'db migrate'" in result.error["hint"]


def test_what_others_write_meanwhile_is_in_no_part_of_a_copy(
    filled: Userctl, bare_database_url: str
) -> None:
    assert filled.database_url is not None
    url = filled.database_url
    added = False

    told = []

    def write(what: str, done: int, total: int) -> None:
        nonlocal added
        told.append((what, done, total))
        if not added:
            added = True
            with open_connection(url) as connection:
                connection.execute(
                    "INSERT INTO users (id, email, hashed_password) VALUES (77, 'x@y.de', 'x')"
                )
                connection.execute(
                    "INSERT INTO refresh_tokens (token, user_id, expires_at) "
                    "VALUES ('x', 77, '2099-01-01 00:00:00')"
                )

    with open_engine(url) as engine:
        service = CopyService(
            database_on(engine),
            DatabaseURL.parse(url),
            actor=lambda: ACTOR,
            clock=FakeClock(),
            files=NO_FILES,
        )
        counts = {each.table: each.rows for each in service.copy(bare_database_url, report=write)}
    assert added
    assert {("Copying users", 2, 2), ("Checking users", 2, 2)} <= set(told)
    assert (counts["users"], counts["refresh_tokens"]) == (2, 2)


def test_a_database_is_not_copied_into_itself(filled: Userctl) -> None:
    assert filled.database_url is not None
    result = filled("db", "copy", "--to", filled.database_url, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_input")


def test_a_missing_database_is_not_copied_and_makes_no_other(home: Path) -> None:
    result = Userctl(home, f"sqlite:///{home}/none.db")("db", "copy", "--to", "sqlite:///x.db")
    assert result.code == 6
    assert list(home.iterdir()) == []


def test_an_older_schema_is_not_copied_into(filled: Userctl, bare_database_url: str) -> None:
    assert Userctl(filled.home, bare_database_url)("db", "migrate", "0003").code == 0
    result = filled("db", "copy", "--to", bare_database_url, "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_not_migrated")


def test_tables_of_an_application_are_not_taken_over(
    filled: Userctl, bare_database_url: str
) -> None:
    with open_connection(bare_database_url) as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    result = filled("db", "copy", "--to", bare_database_url, "-o", "json")
    assert (result.code, result.error["code"]) == (6, "foreign_tables")


def test_what_does_not_fit_is_named_and_nothing_is_copied(
    local: Userctl, bare_postgres_url: str
) -> None:
    local.create(ADA)
    assert local.database_url is not None
    with open_connection(local.database_url) as connection:
        connection.execute("UPDATE users SET name = ?", ("x" * 200,))
    result = local("db", "copy", "--to", bare_postgres_url, "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_damaged")
    assert "A row of users does not fit" in result.error["message"]
    with open_connection(bare_postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_a_row_that_a_trigger_changes_is_noticed(filled: Userctl, bare_postgres_url: str) -> None:
    there = Userctl(filled.home, bare_postgres_url)
    assert there("db", "copy", "--to", "sqlite:///empty.db").code == 6
    with open_connection(bare_postgres_url) as connection:
        from userctl.db.engine import database_engine  # noqa: PLC0415
        from userctl.db.schema.migrations import upgrade  # noqa: PLC0415

        engine = database_engine(DatabaseURL.parse(bare_postgres_url))
        upgrade(engine)
        engine.dispose()
        connection.execute(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN NEW.role = 'root'; RETURN NEW; END$$"
        )
        connection.execute(
            "CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION shout()"
        )
        result = filled("db", "copy", "--to", bare_postgres_url, "-o", "json")
        assert (result.code, result.error["code"]) == (6, "database_damaged")
        assert "not the same" in result.error["message"]
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
        connection.execute("DROP TRIGGER shout ON users")
    assert filled("db", "copy", "--to", bare_postgres_url).code == 0


def test_columns_of_an_application_are_told_of(home: Path, bare_database_url: str) -> None:
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "migrate").code == 0
    userctl.create(ADA)
    with open_connection(bare_database_url) as connection:
        connection.execute("ALTER TABLE users ADD COLUMN phone TEXT")
    result = userctl("db", "copy", "--to", "sqlite:///copy.db")
    assert result.code == 0
    assert "not copied: users.phone" in result.err


def drop_if_full(userctl: Userctl) -> None:
    """Remove an SQLite database that has an account."""
    assert userctl.database_url is not None
    path = Path(userctl.database_url.removeprefix("sqlite:///"))
    if path.exists() and userctl("user", "list", "-q").out:
        path.unlink()


@repeat("places", few=6, soak=25)
def test_a_copy_that_is_killed_can_be_made_again(
    local: Userctl, fork_server: "subprocess.Popen[bytes]", places: int
) -> None:
    for number in range(3):
        local.create(f"u{number}@example.com")
    target = local.home / "copy.db"
    there = Userctl(local.home, f"sqlite:///{target}")
    seen = set()
    forks = Forks(fork_server, local)
    command = ["db", "copy", "--to", f"sqlite:///{target}"]
    prepare = partial(drop_if_full, there)
    for run in forks.kill_at_many_lines(command, COUNTED, prepare, places):
        if target.exists():
            rows = len(there("user", "list", "-o", "json").json)
            seen.add((rows, run.code == -9))
    drop_if_full(there)
    assert {(0, True), (3, False)} <= seen <= {(0, True), (3, True), (3, False)}
    assert local("db", "copy", "--to", f"sqlite:///{target}").code == 0
    assert there("audit", "verify").code == 0


def test_nobody_else_fills_the_database_that_is_copied_into(
    local: Userctl, bare_postgres_url: str
) -> None:
    local.create(ADA)
    assert local.database_url is not None
    refused = set()

    def write(what: str, *_: object) -> None:
        if not what.startswith("Copying"):
            return
        with psycopg.connect(bare_postgres_url, options="-c lock_timeout=50") as other:
            try:
                other.execute("INSERT INTO users (email, hashed_password) VALUES ('x@y.de', 'x')")
            except psycopg.errors.LockNotAvailable:
                refused.add(what)

    with open_engine(local.database_url) as engine:
        url = DatabaseURL.parse(local.database_url)
        service = CopyService(
            database_on(engine), url, actor=lambda: ACTOR, clock=FakeClock(), files=NO_FILES
        )
        service.copy(bare_postgres_url, report=write)
    assert "Copying audit_events" in refused
