"""What is asked before a change that cannot be undone, on a terminal and off it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.cli.conftest import Terminal, wait_for_end
from tests.integration.conftest import open_engine, sql_on
from tests.support.applications import run_script
from tests.support.cli import Userctl
from tests.support.expired import insert_tokens
from userctl.cli.questions import is_production
from userctl.config.database_url import DatabaseURL

ADA = "ada@example.com"

Ask = Callable[..., str]


def place(userctl: Userctl) -> str:
    """Return what a question calls the database."""
    return str(DatabaseURL.parse(str(userctl.database_url)))


@pytest.fixture
def asked(terminal: Terminal) -> Ask:
    """Returns what a command asks on one line, and answers no."""

    def ask(*args: str, answer: str = "n", code: int = 5, **environment: str) -> str:
        child = terminal(*args, **environment)
        child.expect_exact("? [y/N]: ")
        assert isinstance(child.before, str)
        question = child.before
        child.sendline(answer)
        assert wait_for_end(child)[0] == code
        return " ".join(question.split())

    return ask


def test_a_question_before_a_deletion_shows_the_user_and_what_hangs_on_them(
    asked: Ask, userctl: Userctl
) -> None:
    userctl.create(ADA, "--name", "Ada Lovelace", "--role", "admin")
    userctl.create("eve@example.com", "--role", "admin")
    for _ in range(2):
        userctl.login(ADA, "--no-store")
    assert userctl("token", "issue", "--user", ADA, "--label", "ci").code == 0
    question = asked("user", "delete", "1")
    shown = f"Delete {ADA} (id 1, Ada Lovelace, admin, 2 sessions, 1 API token)"
    assert question == f"{shown} in {place(userctl)}"
    assert asked("user", "delete", "1", "--hard").startswith(f"Permanently delete {ADA} (id 1")


def test_a_question_about_several_users_lists_them(asked: Ask, userctl: Userctl) -> None:
    for name in ("ada", "eve"):
        userctl.create(f"{name}@example.com")
    question = asked("user", "delete", "1", "eve@example.com")
    for number, name in ((1, "ada"), (2, "eve")):
        facts = f"id {number}, user, no sessions, no API tokens"
        assert f"{name}@example.com ({facts})" in question
    assert question.endswith(f"Delete 2 users in {place(userctl)}")
    assert asked("user", "delete", "1", "2", answer="y", code=0)
    assert userctl("user", "list", "-q").out == ""


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("user delete ada@example.com", "There is no user"),
        ("key retire 0123456789abcdef", "No key has the id"),
        ("token revoke 7", "There is no token 7"),
        ("token revoke --user ada@example.com", "There is no user"),
    ],
)
def test_a_missing_target_is_found_out_before_the_question(
    terminal: Terminal, command: str, code: str
) -> None:
    status, printed = wait_for_end(terminal(*command.split()))
    assert status == 3
    assert code in printed
    assert "[y/N]" not in printed


@pytest.mark.parametrize("command", ["delete 1", "delete 1 --hard", "passwd 1 --no-password"])
def test_what_would_take_the_last_admin_is_refused_before_the_question(
    terminal: Terminal, userctl: Userctl, command: str
) -> None:
    userctl.create(ADA, "--role", "admin")
    status, printed = wait_for_end(terminal("user", *command.split()))
    assert status == 5
    assert "This would leave no" in printed
    assert "[y/N]" not in printed


def test_nothing_is_asked_about_nothing(terminal: Terminal) -> None:
    for command in ("user delete 7 --if-exists", "user purge -q", "token purge -q"):
        status, printed = wait_for_end(terminal(*command.split()))
        assert (status, "[y/N]" in printed) == (0, False), printed


@pytest.mark.parametrize(
    ("profile", "mark"), [("prod", "(PRODUCTION profile prod)"), ("staging", "(profile staging)")]
)
def test_a_question_names_the_profile_and_marks_one_for_production(
    asked: Ask, userctl: Userctl, profile: str, mark: str
) -> None:
    userctl.create(ADA)
    config = userctl.home / ".config/userctl/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[profiles.{profile}]\n")
    config.chmod(0o600)
    question = asked("user", "delete", ADA, "--profile", profile)
    assert question.endswith(f"in {place(userctl)} {mark}")


@pytest.mark.parametrize(
    ("profile", "marked"),
    [
        ("prod", True), ("Production", True), ("live", True), ("eu-prod-2", True),
        ("prod_eu", True), ("PRD1", True), ("staging", False), ("nonprod", False),
        ("non-prod", False), ("pre-production", False), ("delivery", False),
        ("product", False),
        ("", False),
    ],
)  # fmt: skip
def test_production_is_told_by_the_words_of_the_name(profile: str, marked: bool) -> None:
    assert is_production(profile) is marked


def test_a_hostile_name_in_a_question_is_plain_text(asked: Ask, userctl: Userctl) -> None:
    userctl.create(ADA)
    run_script(str(userctl.database_url), "UPDATE users SET name = 'a\x1b[31mb'")
    assert "id 1, a\\x1b[31mb, user" in asked("user", "delete", "1")


def test_every_irreversible_command_asks_and_names_its_target(asked: Ask, userctl: Userctl) -> None:
    userctl.keyring = True
    for _ in range(2):
        assert userctl("key", "generate").code == 0
    following, active = userctl("key", "list", "-q").out.split()
    userctl.create(ADA)
    userctl.login(ADA, "--no-store")
    assert userctl("token", "issue", "--user", ADA, "--label", "ci").code == 0
    userctl.create("eve@example.com")
    assert userctl("user", "delete", "2", "--yes").code == 0
    with open_engine(str(userctl.database_url)) as engine:
        insert_tokens(sql_on(engine), 3, days=2)
    session = userctl("session", "list", "-o", "json").json[0]["short_id"]
    gone = "eve@example.com (id 2, user, deleted 2"
    for command, parts in {
        "user delete 1 --hard": [f"Permanently delete {ADA} (id 1, user, 1 session, 1 API token)"],
        "user purge --older-than 0s": [f"Permanently remove {gone}"],
        "token purge": ["Permanently delete 3 ended tokens"],
        "token revoke api-1 1": [f"Revoke API token api-1 (ci) of {ADA}, the session of token 1"],
        "token revoke --user 1": [f"Revoke 1 API token and 1 session of {ADA} (id 1"],
        "token revoke --all": ["Revoke 1 API token and 1 session of all users"],
        f"key retire {following}": ["retire that key (next, HS256) in"],
        "session end --user 1": [f"End 1 session of {ADA} (id 1"],
        f"session end {session}": [f"End session {session} of {ADA}"],
        "user passwd 1 --no-password": [f"Remove the password of {ADA} (id 1"],
        "key rotate --compromised": [f"retire {following} (next), {active} (active)"],
        "db downgrade 0005": ["Downgrade the schema from", "to 0005"],
        "db downgrade base": ["Drop all tables"],
    }.items():
        question = asked(*command.split())
        assert all(part in question for part in parts), (command, question)
        assert question.endswith(f" in {place(userctl)}"), question


def restore_question(terminal: Terminal, userctl: Userctl) -> str:
    """Return what a restore of a backup with two users asks, and answer no."""
    for name in ("ada", "eve"):
        userctl.create(f"{name}@example.com")
    assert userctl("db", "backup", "a.backup").code == 0
    child = terminal("db", "restore", "a.backup")
    child.expect_exact("? [y/N]: ")
    assert isinstance(child.before, str)
    question = child.before
    child.sendline("n")
    assert wait_for_end(child)[0] == 5
    return " ".join(question.split())


def test_a_restore_shows_the_date_and_the_content_of_the_backup(
    terminal: Terminal, userctl: Userctl
) -> None:
    question = restore_question(terminal, userctl)
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    no_copy = "PostgreSQL: no safety copy of the current data is kept. Run .* first .*\\. "
    warning = "" if place(userctl).startswith("sqlite") else no_copy
    assert re.fullmatch(
        rf"{warning}Replace ALL data in {re.escape(place(userctl))} with a\.backup "
        rf"\(taken {time}, last event {time}, revision \d+, 2 users, no tokens\)",
        question,
    )


def test_a_damaged_backup_is_found_out_before_the_question(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create(ADA)
    assert userctl("db", "backup", "a.backup").code == 0
    backup = userctl.home / "a.backup"
    backup.write_bytes(backup.read_bytes()[:2_000])
    code, printed = wait_for_end(terminal("db", "restore", "a.backup"))
    assert code == 6
    assert "[y/N]" not in printed


def test_a_plan_is_shown_in_color_before_it_is_applied(
    terminal: Terminal, userctl: Userctl
) -> None:
    (userctl.home / "users.yaml").write_text(f"set: team\nusers:\n  - email: {ADA}\n")
    for answer, code, users in (("n", 5, ""), ("y", 0, "1\n")):
        child = terminal("apply", "users.yaml", TERM="xterm")
        child.expect_exact(f"\x1b[32m+ {ADA}  role: user, managed by: team\x1b[0m")
        child.expect_exact("Apply 1 change in ")
        child.expect_exact("? [y/N]: ")
        child.sendline(answer)
        assert wait_for_end(child)[0] == code
        assert userctl("user", "list", "-q").out == users


def test_an_edit_shows_the_plan_and_asks_and_a_no_keeps_the_text(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create(ADA, "--name", "Ada")
    child = terminal("user", "edit", ADA, EDITOR="sed -i 's/name: Ada/name: Bea/'")
    child.expect_exact(f"~ {ADA}  name: Ada")
    child.expect_exact(f"Apply 1 change in {place(userctl)}? [y/N]: ")
    child.sendline("n")
    code, printed = wait_for_end(child)
    found = re.search(r"Your text is kept in (\S+)", printed)
    assert found is not None
    text = Path(found[1]).read_text()
    shutil.rmtree(Path(found[1]).parent)
    assert (code, "name: Bea" in text) == (5, True)
    assert userctl("user", "show", "1", "-o", "json").json["name"] == "Ada"
