"""What userctl asks on a terminal, and what it does about the answers."""

import os
import re

import pexpect
import pytest

from tests.e2e.cli.conftest import Terminal, wait_for_end
from tests.integration.conftest import open_engine
from tests.support.applications import LOOSE, run_script
from tests.support.cli import PASSWORD, Userctl


def test_create_asks_for_the_password_twice_and_does_not_show_it(terminal: Terminal) -> None:
    child = terminal("user", "create", "ada@example.com")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    child.expect("Repeat for confirmation: ")
    child.sendline(PASSWORD)
    code, printed = wait_for_end(child)
    assert code == 0
    assert "ada@example.com" in printed
    assert PASSWORD not in printed


def test_login_asks_for_what_was_not_given(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    child = terminal("login")
    child.expect("E-mail address: ")
    child.sendline("ada@example.com")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    assert wait_for_end(child)[0] == 0
    assert userctl("whoami").code == 0


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("user create ada@example.com", 5, "ada@example.com already exists \\(id 1\\)"),
        ("user create eve@example.com --role boss", 2, "'boss' is not a configured role"),
        ("user create nonsense", 2, "nonsense"),
        ("user passwd eve@example.com", 3, "There is no user 'eve@example.com'"),
        ("login ada@example.com --method magic", 2, "'magic' is not a login method"),
        ("login ada@example.com --source=", 2, "is not a login source"),
        ("login ada@example.com --client=", 2, "The name of the client is not valid"),
        ("login ada@example.com --database-url sqlite:////nonexistent/x.db", 6, "nonexistent"),
    ],
)
def test_what_would_fail_in_any_case_is_said_before_a_password_is_typed(
    terminal: Terminal, userctl: Userctl, command: str, code: int, message: str
) -> None:
    userctl.create("ada@example.com")
    found, printed = wait_for_end(terminal(*command.split(" ")))
    assert found == code
    assert re.search(message, printed)
    assert "assword:" not in printed


def test_a_session_file_that_cannot_be_used_is_found_before_a_password_is_typed(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com")
    userctl.session_file.mkdir(parents=True)
    code, printed = wait_for_end(terminal("login", "ada@example.com"))
    assert (code, "assword:" in printed) == (2, False)


def test_a_user_who_exists_already_needs_no_password(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    code, printed = wait_for_end(terminal("user", "create", "ada@example.com", "--if-not-exists"))
    assert code == 0
    assert "already exists (id 1) and was left unchanged" in printed


GOOD, WEAK, MISTYPED = ("battery staple 88",) * 2, ("iloveyou",) * 2, ("battery staple 88", "other")
"""What is typed at a prompt for a new password, and when it is repeated."""


def type_new_password(child: "pexpect.spawn[str]", typed: tuple[str, str]) -> None:
    """Answer the two prompts for a new password."""
    for prompt, text in zip(("assword: ", "Repeat for confirmation: "), typed, strict=True):
        child.expect(prompt)
        child.sendline(text)


@pytest.mark.parametrize(
    ("command", "last", "reason"),
    [
        ("user create eve@example.com", GOOD, None),
        ("user create eve@example.com", WEAK, "most common"),
        ("user passwd ada@example.com", GOOD, None),
        ("user passwd ada@example.com", MISTYPED, "the two entries do not match"),
    ],
)
def test_a_password_that_is_rejected_is_asked_for_three_times_in_all(
    terminal: Terminal, userctl: Userctl, command: str, last: tuple[str, str], reason: str | None
) -> None:
    userctl.create("ada@example.com")
    child = terminal(*command.split(), NO_COLOR="1")
    type_new_password(child, WEAK)
    child.expect_exact("most common")
    type_new_password(child, MISTYPED)
    child.expect_exact("\nThe password was rejected: the two entries do not match. Try again.")
    type_new_password(child, last)
    code, printed = wait_for_end(child)
    assert code == (0 if reason is None else 2)
    assert ("error: The password was rejected: " in printed) == (reason is not None)
    assert reason is None or reason in printed
    assert "Error:" not in printed
    assert len(userctl("user", "list", "-q").out.split()) == 1 + (code == 0 and "create" in command)


@pytest.mark.parametrize("key", ["c", "d"])
def test_leaving_a_prompt_is_exit_130_and_changes_nothing(
    real_terminal: Terminal, userctl: Userctl, key: str
) -> None:
    child = real_terminal("user", "create", "ada@example.com")
    child.expect("Password: ")
    child.sendcontrol(key)
    code, printed = wait_for_end(child)
    assert code == 130
    assert "Traceback" not in printed
    assert userctl("user", "list", "-q").out == ""


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 5), ("", 5)])
def test_delete_asks_first(terminal: Terminal, userctl: Userctl, answer: str, code: int) -> None:
    userctl.create("ada@example.com")
    child = terminal("user", "delete", "ada@example.com")
    child.expect_exact("Delete ada@example.com (id 1, user, no sessions, no API tokens) in ")
    child.expect_exact("? [y/N]: ")
    child.sendline(answer)
    assert wait_for_end(child)[0] == code
    assert userctl("user", "list", "-q").out == ("" if code == 0 else "1\n")


@pytest.mark.parametrize(
    ("command", "prompt"),
    [
        ("user create eve@example.com", "Password: "),
        ("user delete ada@example.com", r"\[y/N\]: "),
        ("login", "E-mail address: "),
    ],
)
def test_bytes_that_are_no_text_are_refused_at_a_prompt(
    terminal: Terminal, userctl: Userctl, command: str, prompt: str
) -> None:
    userctl.create("ada@example.com")
    child = terminal(*command.split())
    child.expect(prompt)
    child.setecho(False)
    os.write(child.child_fd, b"\xff\xfe\n")
    code, printed = wait_for_end(child)
    assert code == 2
    assert "not valid UTF-8" in printed


def test_no_input_never_asks(terminal: Terminal) -> None:
    code, printed = wait_for_end(terminal("user", "create", "ada@example.com", "--no-input"))
    assert code == 2
    assert "--password-stdin" in printed


def test_login_asks_for_another_password_until_one_is_accepted(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com", "--must-change")
    child = terminal("login", "ada@example.com", "--quiet")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    for typed, reason in (
        ((PASSWORD, PASSWORD), "same as the current password"),
        (MISTYPED, "the two entries do not match"),
    ):
        type_new_password(child, typed)
        child.expect(reason)
    type_new_password(child, GOOD)
    assert wait_for_end(child)[0] == 0
    assert userctl("whoami", "-o", "json").json["must_change_password"] is False
    old = userctl("login", "ada@example.com", "--password-stdin", stdin=PASSWORD)
    assert old.code == 4


def test_leaving_the_question_for_a_new_password_changes_nothing(
    real_terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com", "--must-change")
    child = real_terminal("login", "ada@example.com")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    child.expect("New password: ")
    child.sendcontrol("c")
    assert wait_for_end(child)[0] == 130
    assert userctl("user", "show", "1", "-o", "json").json["must_change_password"] is True
    assert userctl("token", "list", "-q").out == ""


def test_a_filter_that_means_many_tokens_asks_first(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    for _ in range(11):
        assert userctl("token", "issue", "--user", "1", "--label", "ci").code == 0
    for answer, code, left in (("n", 5, 11), ("y", 0, 0)):
        child = terminal("token", "revoke", "--unused-since", "0s")
        child.expect("Revoke 11 API tokens of all users in ")
        child.sendline(answer)
        assert wait_for_end(child)[0] == code
        assert userctl("token", "list", "--state", "active", "-q").out.count("\n") == left


@pytest.fixture
def application(userctl: Userctl) -> str:
    """The URL of a database with an application's tables, which the terminal then works on."""
    url = f"sqlite:///{userctl.home / 'application.db'}"
    (userctl.home / "application.db").touch()
    with open_engine(url) as engine:
        LOOSE.build(engine)
    return url


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 5)])
def test_adopt_shows_its_plan_and_asks(
    terminal: Terminal, userctl: Userctl, application: str, answer: str, code: int
) -> None:
    child = terminal("db", "adopt", USERCTL_DATABASE_URL=application)
    child.expect("step: users, email: rewrite Ada@Example.COM as ada@example.com")
    child.expect(r"\[y/N\]: ")
    child.sendline(answer)
    assert wait_for_end(child)[0] == code
    userctl.database_url = application
    assert userctl("user", "list").code == (0 if answer == "y" else 6)


def test_adopt_does_not_ask_where_something_is_in_the_way(
    terminal: Terminal, application: str
) -> None:
    run_script(application, "INSERT INTO users (email) VALUES ('ada@EXAMPLE.com')")
    child = terminal("db", "adopt", USERCTL_DATABASE_URL=application)
    code, printed = wait_for_end(child)
    assert code == 5
    assert "problem: users, email" in printed
    assert "[y/N]" not in printed


@pytest.mark.parametrize(("answer", "code", "left"), [("n", 5, 11), ("y", 0, 0)])
def test_many_users_are_changed_after_a_question_with_their_number(
    terminal: Terminal, userctl: Userctl, answer: str, code: int, left: int
) -> None:
    emails = "".join(f"u{number}@example.com\n" for number in range(11))
    userctl("user", "import", "-", "--format", "csv", stdin=f"email\n{emails}")
    child = terminal("user", "disable", "--domain", "example.com")
    child.expect(r"Disable 11 users")
    child.expect(r"\[y/N\]: ")
    child.sendline(answer)
    assert wait_for_end(child)[0] == code
    assert userctl("user", "list", "--status", "active", "-q").out.count("\n") == left


def test_who_is_unknown_is_told_before_a_question(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    code, printed = wait_for_end(terminal("user", "delete", "1", "adda@example.com"))
    assert code == 3
    assert "Did you mean ada@example.com?" in printed
    assert "[y/N]" not in printed
