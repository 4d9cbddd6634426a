"""``userctl db adopt`` on tables of applications."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import sql_on
from tests.support.applications import APPLICATIONS, HASH, IN_CLEAR, Application, run_script
from tests.support.cli import PASSWORD, Userctl


@pytest.fixture(params=APPLICATIONS, ids=lambda application: application.name)
def application(request: pytest.FixtureRequest, bare_engine: Engine) -> Application:
    """Tables of an application, with rows in them."""
    request.param.build(bare_engine)
    bare_engine.dispose()
    return request.param


@pytest.fixture
def bare(home: Path, bare_database_url: str) -> Userctl:
    return Userctl(home, bare_database_url)


def test_the_way_from_a_refusal_to_a_login(application: Application, bare: Userctl) -> None:
    refused = bare("db", "migrate", "-o", "json")
    assert (refused.code, refused.error["code"]) == (6, "foreign_tables")
    assert "userctl db adopt --dry-run" in refused.error["hint"]
    planned = bare("db", "adopt", "--dry-run", "-o", "json")
    assert planned.code == 8
    assert planned.err.startswith("Dry run; nothing was changed: this would adopt the tables in ")
    assert bare("db", "status", "-o", "json").json["state"] == "foreign"
    done = bare("db", "adopt", "--yes", "-o", "json")
    assert (done.code, done.out) == (0, planned.out)
    assert bare("db", "status", "-o", "json").json["state"] == "current"
    assert bare("db", "adopt", "--dry-run").code == 0
    assert bare.login("ada@example.com")["id"] == 1
    renewed = bare("token", "refresh", "--stdin", "-o", "json", stdin=IN_CLEAR).json
    assert renewed["refresh_token"].startswith("uctl_rt_")
    assert bare("audit", "verify").code == 0


def test_an_sqlite_file_is_kept_as_it_was_and_only_once(
    application: Application, bare: Userctl, bare_database_url: str
) -> None:
    done = bare("db", "adopt", "--yes")
    if bare_database_url.startswith("postgresql"):
        assert "copy" not in done.err
        return
    kept = re.match(r"A copy of the original database is in (.*)\.\n", done.err)
    assert kept is not None
    before = Userctl(bare.home, f"sqlite:///{kept[1]}")
    assert before("db", "status", "-o", "json").json["state"] == "foreign"
    run_script(bare_database_url, "UPDATE users SET email = 'BOB@example.com' WHERE id = 2")
    assert "copy" not in bare("db", "adopt", "--yes").err
    assert bare("user", "show", "bob@example.com").code == 0


def test_an_adoption_needs_a_yes(application: Application, bare: Userctl) -> None:
    result = bare("db", "adopt", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "confirmation_required")
    assert bare("db", "status", "-o", "json").json["state"] == "foreign"


def test_what_stands_in_the_way_is_printed_and_refused(
    application: Application, bare: Userctl, bare_engine: Engine
) -> None:
    sql = sql_on(bare_engine)
    sql(application.sign_up, email="aDA@example.com", hash=HASH)
    [(number,)] = sql("SELECT max(id) FROM users")
    planned = bare("db", "adopt", "--dry-run", "-o", "csv")
    assert planned.code == 5
    assert "problem,users,email" in planned.out
    assert planned.err.startswith("1 problem blocks the adoption.")
    refused = bare("db", "adopt", "--yes", "-o", "json")
    assert (refused.code, refused.error["code"]) == (5, "adoption_refused")
    assert f"(ids 1, {number})" in refused.error["message"]
    assert "--dry-run" in refused.error["hint"]


def test_hostile_text_of_an_application_reaches_no_terminal(
    application: Application, bare: Userctl, bare_database_url: str
) -> None:
    column = 'ALTER TABLE users ADD COLUMN "\x1b[31mx" VARCHAR(9)'
    run_script(bare_database_url, column)
    run_script(bare_database_url, "UPDATE users SET email = '\x1b[31mA@\u202eb' WHERE id = 2")
    planned = bare("db", "adopt", "--dry-run")
    assert planned.code == 5
    assert planned.out.replace("\n", "").isprintable()


def test_a_password_that_is_no_bcrypt_hash_is_told_and_refused(
    application: Application, bare: Userctl, bare_database_url: str
) -> None:
    hashed = "of no known scheme"
    run_script(bare_database_url, f"UPDATE users SET hashed_password = '{hashed}' WHERE id = 2")
    assert "cannot log in" in bare("db", "adopt", "--yes").out
    refused = bare("login", "bob@example.com", "--password-stdin", "-o", "json", stdin=PASSWORD)
    assert (refused.code, refused.error["code"]) == (4, "invalid_credentials")
    reset = ["user", "passwd", "2", "--password-stdin"]
    assert bare(*reset, stdin=PASSWORD).code == 0
    assert bare.login("bob@example.com")["id"] == 2


def test_a_password_of_another_scheme_is_told_and_verified_where_it_is(
    application: Application, bare: Userctl, bare_database_url: str
) -> None:
    hashed = "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a"
    run_script(bare_database_url, f"UPDATE users SET hashed_password = '{hashed}' WHERE id = 2")
    assert "hashes of the scheme ldap" in bare("db", "adopt", "--yes").out.replace("\n", " ")
    login = ["login", "bob@example.com", "--password-stdin"]
    assert bare(*login, stdin="test123").code == 0
    listed = bare("user", "list", "--password-scheme", "ldap", "-o", "json").json
    assert [user["id"] for user in listed] == [2]
    assert bare("db", "stats", "-o", "json").json["password_schemes"]["ldap"] == 1
    assert 'userctl_passwords{scheme="ldap"} 1.0' in bare("metrics").out


def test_accounts_of_a_file_can_join_those_of_an_application(
    application: Application, bare: Userctl
) -> None:
    assert bare("db", "adopt", "--yes").code == 0
    (bare.home / "accounts.csv").write_text("email,name\nBOB@example.com,Bob\nnew@x.example,New\n")
    done = bare("user", "import", "accounts.csv", "--on-conflict", "skip", "-o", "json").json
    assert (done["created"], done["skipped"]) == (1, 1)
    assert bare("user", "export", "all.jsonl").code == 0


def test_an_empty_database_is_to_be_migrated(bare: Userctl) -> None:
    result = bare("db", "adopt", "--dry-run", "-o", "json")
    assert result.code == 6
    assert "userctl db migrate" in result.error["hint"]
