"""``userctl user`` on both databases."""

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import bcrypt
import psycopg
import pytest
from sqlalchemy import text

from tests.support.cli import PASSWORD, Userctl
from userctl.config.database_url import DatabaseURL
from userctl.db.engine import database_engine


def stored_hash(database_url: str, email: str) -> str:
    """Read a hash the way another program does."""
    engine = database_engine(DatabaseURL.parse(database_url))
    with engine.connect() as connection:
        query = text("SELECT hashed_password FROM users WHERE email = :email")
        hashed = connection.scalar(query, {"email": email})
    engine.dispose()
    return str(hashed)


def test_an_account_lives_from_create_to_delete(userctl: Userctl) -> None:
    created = userctl.create("Ada@Example.com", "--name", "Ada", "--role", "admin")
    assert (created["email"], created["status"]) == ("ada@example.com", "active")
    assert userctl("user", "show", "ADA@example.com", "-o", "json").json["id"] == created["id"]
    userctl.create("grace@example.com", "--role", "admin")
    changed = userctl("user", "update", str(created["id"]), "--name", "Ada L.", "--role", "user",
                      "--email", "lovelace@example.com", "-o", "json").json  # fmt: skip
    assert (changed["name"], changed["role"]) == ("Ada L.", "user")
    assert userctl("user", "disable", "lovelace@example.com", "-o", "json").json["status"] == (
        "disabled"
    )
    assert userctl("user", "enable", "lovelace@example.com", "-o", "json").json["status"] == (
        "active"
    )
    gone = userctl("user", "delete", "lovelace@example.com", "--yes", "-o", "json").json
    assert [user["id"] for user in gone] == [created["id"]]
    assert userctl("user", "show", str(created["id"])).code == 3
    assert userctl("user", "delete", "lovelace@example.com", "--yes", "--if-exists").code == 0


def test_another_program_can_verify_the_password(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    hashed = stored_hash(str(userctl.database_url), "ada@example.com")
    assert hashed.startswith("$2b$")
    assert bcrypt.checkpw(PASSWORD.encode(), hashed.encode())


def test_another_program_refuses_a_disabled_account_with_a_plain_mismatch(
    userctl: Userctl,
) -> None:
    userctl.create("ada@example.com")
    userctl("user", "disable", "ada@example.com")
    hashed = stored_hash(str(userctl.database_url), "ada@example.com")
    assert bcrypt.checkpw(PASSWORD.encode(), hashed.encode()) is False


def test_a_generated_password_is_shown_once_and_logs_in(userctl: Userctl) -> None:
    created = userctl("user", "create", "ada@example.com", "--generate-password", "-o", "json").json
    shown = userctl("user", "show", "ada@example.com").out
    assert created["generated_password"] not in shown
    login = userctl("login", "ada@example.com", "--password-stdin",
                    stdin=created["generated_password"])  # fmt: skip
    assert login.code == 0


def test_create_can_be_run_twice(userctl: Userctl) -> None:
    first = userctl.create("ada@example.com")
    again = userctl("user", "create", "ada@example.com", "--no-password", "--if-not-exists",
                    "-o", "json")  # fmt: skip
    assert again.json["id"] == first["id"]
    assert again.json["has_password"] is True
    assert again.err == "ada@example.com already exists (id 1) and was left unchanged.\n"
    assert userctl("user", "create", "ada@example.com", "--no-password").code == 5


def test_passwd_sets_a_password_and_ends_every_session(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl.login("ada@example.com")
    userctl("user", "passwd", "ada@example.com", "--password-stdin", stdin="another horse 88\r\n")
    assert userctl("whoami").code == 4
    assert userctl("login", "ada@example.com", "--password-stdin", stdin=PASSWORD).code == 4
    again = userctl("login", "ada@example.com", "--password-stdin", stdin="another horse 88")
    assert again.code == 0


def test_a_password_comes_from_a_file_without_its_last_line_ending(userctl: Userctl) -> None:
    (userctl.home / "secret").write_text(f"{PASSWORD}\n")
    created = userctl("user", "create", "ada@example.com", "--password-file", "secret")
    assert created.code == 0
    assert userctl.login("ada@example.com")["email"] == "ada@example.com"


def test_list_filters_sorts_and_says_when_there_is_more(userctl: Userctl) -> None:
    for name in ("zoë", "abe", "eve"):
        email = f"{name.replace('ë', 'e')}@example.com"
        userctl("user", "create", email, "--name", name, "--no-password")
    listed = userctl("user", "list", "--sort=-email", "--limit", "2", "-o", "jsonl")
    assert [line.split('"')[5] for line in listed.out.splitlines()] == [
        "zoe@example.com",
        "eve@example.com",
    ]
    assert "--after 3" in listed.err
    rest = userctl("user", "list", "--sort=-email", "--after", "3", "-q")
    assert (rest.out, rest.err) == ("2\n", "")
    assert userctl("user", "list", "--search", "ZOË", "-q").out == "1\n"
    assert userctl("user", "list", "--all", "--skip", "1", "-q").out == "2\n3\n"
    userctl("user", "disable", "2")
    assert userctl("user", "list", "--status", "disabled", "-q").out == "2\n"
    assert userctl("user", "list", "--role", "admin", "-o", "json").json == []


def test_a_search_for_a_beginning_is_sorted_by_address_unless_told_otherwise(
    userctl: Userctl,
) -> None:
    for name in ("ab", "c", "aa"):
        userctl("user", "create", f"{name}@example.com", "--no-password", "--name", "Ada")
    assert userctl("user", "list", "--search", "A*", "--fields", "id", "-o", "csv").out == (
        "id\n3\n1\n"
    )
    assert userctl("user", "list", "--search", "a*", "--sort", "id", "-q").out == "1\n3\n"
    assert userctl("user", "list", "--search", "a*", "--all", "-q").out == "3\n1\n"
    page = userctl("user", "list", "--search", "a*", "--limit", "1")
    assert "--after 3" in page.err
    assert userctl("user", "list", "--search", "a*", "--after", "3", "-q").out == "1\n"


def test_a_search_that_reads_every_account_says_so(userctl: Userctl) -> None:
    searched = userctl("user", "list", "--search", "ada", "-o", "json")
    assert searched.json == []
    assert "reads every user" in searched.err
    assert "--search 'TEXT*'" in searched.err
    for options in (["--search", "ada", "-q"], ["--search", "ada*"], ["--search", "*"], []):
        assert userctl("user", "list", *options).err == ""


def test_the_last_active_admin_stays(userctl: Userctl) -> None:
    userctl.create("root@example.com", "--role", "admin")
    for command in (
        ["delete", "root@example.com", "--yes"],
        ["disable", "root@example.com"],
        ["update", "root@example.com", "--role", "user"],
    ):
        result = userctl("user", *command, "-o", "json")
        assert (result.code, result.error["code"]) == (5, "last_admin")


@pytest.mark.parametrize(
    "name", ["[/]", "[red]x", ":smile:", "\\[bold]", "=1+1", "名前", "a\u0301"]
)
def test_a_name_is_shown_as_it_is(userctl: Userctl, name: str) -> None:
    userctl("user", "create", "ada@example.com", "--name", name, "--no-password")
    shown = userctl("user", "show", "1")
    assert re.search(rf"^name +{re.escape(name)}$", shown.out, re.MULTILINE)
    assert userctl("user", "show", "1", "-o", "json").json["name"] == name


def test_what_another_program_wrote_is_shown_escaped(userctl: Userctl) -> None:
    engine = database_engine(DatabaseURL.parse(str(userctl.database_url)))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO users (name, email, hashed_password) VALUES (:name, :email, 'x')"),
            {"name": "\x1b[31mred\u202e", "email": "\x9b2J@example.com"},
        )
    engine.dispose()
    for command in (["user", "list"], ["user", "show", "1"]):
        shown = userctl(*command)
        assert shown.code == 0
        assert "\\x1b[31mred\\u202e" in shown.out
        assert "\\x9b2J@example.com" in shown.out
    refused = userctl("login", "\x9b2J@example.com", "--password-stdin", stdin="x")
    assert refused.code == 4
    assert "\x9b" not in refused.err


@pytest.mark.parametrize("reference", ["000000000000000000019", "1" * 30, "9" * 5000])
def test_no_part_of_a_long_number_is_taken_for_an_id(userctl: Userctl, reference: str) -> None:
    userctl("user", "create", "ada@example.com", "--no-password")
    assert userctl("user", "delete", reference, "--yes").code == 3
    assert userctl("user", "list", "-q").out == "1\n"


def test_a_row_that_the_database_refuses_is_not_shown(bare_database_url: str, home: Path) -> None:
    userctl = Userctl(home, bare_database_url)
    userctl("db", "migrate")
    engine = database_engine(DatabaseURL.parse(bare_database_url))
    with engine.begin() as connection:
        rule = "ALTER TABLE users ADD COLUMN plan INTEGER CHECK (plan IS NOT NULL)"
        connection.execute(text(rule))
    engine.dispose()
    refused = userctl("user", "create", "eve@example.com", "--password-stdin", "--debug",
                      stdin=PASSWORD)  # fmt: skip
    assert refused.code == 5
    assert "Traceback" in refused.err
    assert "$2b$" not in refused.err


@pytest.mark.parametrize(
    "command",
    [
        ["user", "create", "ada@example.com", "--generate-password", "-q"],
        ["user", "create", "ada@example.com", "--generate-password", "--fields", "id"],
        ["login", "ada@example.com", "--password-stdin", "--no-store", "-q"],
        ["token", "refresh", "--stdin", "-q"],
    ],
)
def test_a_secret_that_would_be_lost_is_not_made(userctl: Userctl, command: list[str]) -> None:
    assert userctl(*command, stdin=PASSWORD).code == 2
    assert userctl("user", "list", "-q").out == ""


def test_an_account_that_somebody_keeps_locked_is_busy(
    postgres_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userctl.db.engine.BUSY_TIMEOUT_SECONDS", 1)
    userctl = Userctl(home, postgres_url)
    userctl.create("ada@example.com")
    engine = database_engine(DatabaseURL.parse(postgres_url))
    with engine.begin() as connection:
        connection.execute(text("SELECT id FROM users FOR UPDATE"))
        result = userctl("user", "update", "1", "--name", "Ada", "-o", "json")
    engine.dispose()
    assert (result.code, result.error["code"]) == (6, "database_busy")


def test_an_option_that_libpq_cannot_use_is_a_usage_error(local: Userctl) -> None:
    url = "postgresql://u:hunter2@127.0.0.1:1/db?connect_timeout=abc"
    result = local("user", "list", "--database-url", url)
    assert result.code == 2
    assert "hunter2" not in result.err


def test_a_name_is_found_as_it_is_written_whatever_the_locale_of_the_server(
    postgres_server: str, worker_id: str, home: Path
) -> None:
    name = f"userctl_c_{worker_id}"
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 LOCALE 'C' ENCODING 'UTF8'")
    userctl = Userctl(home, urlunsplit(urlsplit(postgres_server)._replace(path=f"/{name}")))
    userctl("db", "migrate")
    userctl("user", "create", "ada@example.com", "--no-password", "--name", "Élan")
    assert userctl("user", "list", "--search", "Élan", "-q").out == "1\n"


def test_a_user_who_is_given_back_names_a_role_that_is_not_configured(local: Userctl) -> None:
    local.extra["USERCTL_ROLES"] = "user,admin,editor"
    local.create("ada@example.com", "--role", "editor")
    local("user", "disable", "1")
    del local.extra["USERCTL_ROLES"]
    enabled = local("user", "enable", "1")
    assert enabled.code == 0
    assert "'editor' is not configured" in enabled.err
    local("user", "delete", "1", "--yes")
    refused = local("user", "restore", "1", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "invalid_input")
    assert "--role" in refused.error["hint"]
    restored = local("user", "restore", "1", "--role", "user", "-o", "json")
    assert restored.json["role"] == "user"


def test_users_deleted_of_late_are_purged_only_with_a_yes(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    assert userctl("user", "delete", "1", "--yes").code == 0
    recent = ("user", "purge", "--older-than", "0s", "-o", "json")
    refused = userctl(*recent)
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert "1 record" in refused.error["message"]
    assert "deleted_user_retention_days" in refused.error["message"]
    assert userctl(*recent, "--dry-run").json == {"purged": 1, "dry_run": True}
    # The line of cron removes nothing that is so young, and needs no --yes.
    assert userctl("user", "purge", "--quiet").code == 0
    assert userctl("user", "list", "--deleted", "-q").out == "1\n"
    assert userctl(*recent, "--yes").json["purged"] == 1
    assert userctl("user", "purge", "--older-than", "0s").code == 0
