"""What a person sees on a terminal of 80 columns."""

import os
import re
from collections.abc import Callable, Sequence

import pexpect
import pytest

from tests.integration.conftest import open_engine
from tests.support.applications import LOOSE, run_script
from tests.support.cli import PASSWORD, Userctl

Terminal = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def real_terminal(userctl: Userctl) -> Terminal:
    """The same with a process that gets the signals of the terminal."""
    return starter(userctl, userctl.program, cheap=False)


@pytest.fixture
def terminal(userctl: Userctl, forked_program: str) -> Terminal:
    """Starts userctl on a terminal."""
    return starter(userctl, (forked_program,), cheap=True)


def starter(userctl: Userctl, command: Sequence[str], *, cheap: bool) -> Terminal:
    """Return what starts userctl on a terminal, with cheap hashes or not."""

    def start(*args: str, **environment: str) -> "pexpect.spawn[str]":
        variables = userctl.cheap_environment if cheap else userctl.environment
        program, *rest = command
        # No test waits for a pager because a list happens to be a line longer than the screen.
        shown = {"TERM": "xterm-256color", "PAGER": ""}
        return pexpect.spawn(
            program,
            [*rest, *args],
            env={**variables, **shown, **environment},
            cwd=str(userctl.home),
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=30,
        )

    return start


def ended(child: "pexpect.spawn[str]") -> tuple[int, str]:
    """Wait for the end; return the exit code and what was printed since the last match."""
    child.expect(pexpect.EOF)
    child.close()
    assert isinstance(child.before, str)
    assert child.exitstatus is not None
    return child.exitstatus, child.before


def test_create_asks_for_the_password_twice_and_does_not_show_it(terminal: Terminal) -> None:
    child = terminal("user", "create", "ada@example.com")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    child.expect("Repeat for confirmation: ")
    child.sendline(PASSWORD)
    code, printed = ended(child)
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
    assert ended(child)[0] == 0
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
    found, printed = ended(terminal(*command.split(" ")))
    assert found == code
    assert re.search(message, printed)
    assert "assword:" not in printed


def test_a_session_file_that_cannot_be_used_is_found_before_a_password_is_typed(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com")
    userctl.session_file.mkdir(parents=True)
    code, printed = ended(terminal("login", "ada@example.com"))
    assert (code, "assword:" in printed) == (2, False)


def test_a_user_who_exists_already_needs_no_password(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    code, printed = ended(terminal("user", "create", "ada@example.com", "--if-not-exists"))
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
    code, printed = ended(child)
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
    code, printed = ended(child)
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
    assert ended(child)[0] == code
    assert userctl("user", "list", "-q").out == ("" if code == 0 else "1\n")


def test_hostile_arguments_are_shown_as_plain_text(terminal: Terminal) -> None:
    code, printed = ended(terminal("user", "delete", "\x1b[31mx@example.com"))
    assert code == 2
    assert "\\x1b[31mx@example.com" in printed
    assert "\x1b[31mx" not in printed


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
    code, printed = ended(child)
    assert code == 2
    assert "not valid UTF-8" in printed


def test_a_terminal_that_claims_no_width_still_shows_the_table(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com")
    assert "ada@example.com" in ended(terminal("user", "list", COLUMNS="0"))[1]


def test_no_input_never_asks(terminal: Terminal) -> None:
    code, printed = ended(terminal("user", "create", "ada@example.com", "--no-input"))
    assert code == 2
    assert "--password-stdin" in printed


def test_a_table_fits_the_terminal_and_loses_nothing(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--name", "x" * 100)
    code, printed = ended(terminal("user", "list"))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
    assert code == 0
    assert all(len(line) <= 80 for line in plain.splitlines())
    assert "".join(plain.split()).count("x" * 10) >= 1
    assert plain.count("x") == 101  # The name, and the x of example.com.


def test_a_heading_is_bold_unless_colour_is_unwanted(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    assert "\x1b[1m" in ended(terminal("user", "list"))[1]
    assert "\x1b[3" not in ended(terminal("user", "list", NO_COLOR="1"))[1]


def test_a_hostile_name_colours_nothing_on_a_terminal(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--name", "[red]x[/red] :smile:")
    _, printed = ended(terminal("user", "show", "1"))
    assert "[red]x[/red] :smile:" in printed
    assert "\x1b[31m" not in printed


def test_a_quiet_purge_shows_nothing_on_a_terminal(terminal: Terminal) -> None:
    assert ended(terminal("token", "purge", "-q")) == (0, "")


def test_a_long_purge_shows_progress_and_leaves_standard_output_alone(
    terminal: Terminal,
) -> None:
    code, printed = ended(terminal("token", "purge", "-o", "json"))
    assert code == 0
    assert '"deleted": 0' in printed


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
    assert ended(child)[0] == 0
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
    assert ended(child)[0] == 130
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
        assert ended(child)[0] == code
        assert userctl("token", "list", "--state", "active", "-q").out.count("\n") == left


def test_a_token_is_not_broken_over_two_lines(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    printed = ended(terminal("token", "issue", "--user", "1", "--label", "ci"))[1]
    assert re.search(r"uctl_api_[0-9a-f]{72}\b", printed)


def test_times_and_names_of_keys_are_not_broken_over_two_lines(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.keyring = True
    assert userctl("key", "generate", "--algorithm", "EdDSA").code == 0
    kid = userctl("key", "list", "-q").out.strip()
    printed = ended(terminal("key", "list"))[1]
    assert kid in printed
    assert re.search(r" \d+ (s|min) ago|now", printed)


WIDE = "0123456789" * 3


@pytest.fixture
def much(userctl: Userctl) -> Userctl:
    """A database with long names in everything that is listed, and a keyring."""
    userctl.keyring = True
    assert userctl("key", "generate", "--algorithm", "EdDSA").code == 0
    email = "augusta.ada.king@analytical-engines.example.com"
    userctl.create(email, "--name", f"Ada {WIDE}", "--role", "admin")
    issue = ("token", "issue", "--user", "1", "--label", f"ci {WIDE}", "--expires", "90d")
    assert userctl(*issue).code == 0
    userctl.login(email)
    assert userctl("login", email, "--password-stdin", stdin="wrong").code == 4
    return userctl


@pytest.mark.parametrize("command", ["user list", "token list", "key list", "audit list"])
def test_every_list_fits_80_columns_and_loses_nothing(
    terminal: Terminal, much: Userctl, command: str
) -> None:
    code, printed = ended(terminal(*command.split()))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
    assert code == 0
    assert [line for line in lines if len(line) > 80] == []
    assert " ago" in printed or "now" in printed
    ids = much(*command.split(), "-q").out.split()
    assert ids
    assert all(any(found in line.split()[:2] for line in lines) for found in ids)
    if command == "audit list":
        assert "account:login:failure" in printed


@pytest.mark.parametrize("columns", [40, 60])
def test_on_a_narrow_terminal_only_what_is_copied_as_one_is_wider(
    terminal: Terminal, much: Userctl, columns: int
) -> None:
    for command in ("audit list", "key list", "doctor", "user why 1", "user why nobody@x.org"):
        printed = ended(terminal(*command.split(), COLUMNS=str(columns)))[1]
        lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
        wide = [line.split() for line in lines if len(line) > columns]
        assert all(line[0] in {"kid", "email", "advice", "name"} for line in wide), wide
        assert not any(line.endswith(" ") for line in lines)


def test_what_to_do_stands_after_what_is_wrong(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    printed = " ".join(ended(terminal("doctor"))[1].split())
    assert "No user is an active admin. Make one: userctl user update" in printed
    assert "advice" not in printed


def test_a_list_ends_with_its_total_on_a_terminal(terminal: Terminal, much: Userctl) -> None:
    assert ended(terminal("user", "list"))[1].splitlines()[-1] == "1 user."
    assert ended(terminal("key", "list", "-q"))[1].count("\n") == 1
    assert much("user", "list").err == ""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("user list", "No users. Create one: userctl user create EMAIL"),
        ("token list", "No tokens. Issue one: userctl token issue --user USER --label TEXT"),
        ("user list --deleted", "No deleted users. 'user purge' removes them for good."),
    ],
)
def test_an_empty_list_says_what_to_do_and_has_no_header(
    terminal: Terminal, userctl: Userctl, command: str, said: str
) -> None:
    assert ended(terminal(*command.split()))[1] == f"{said}\r\n"
    assert userctl(*command.split()).err == ""


def test_a_status_has_a_color_and_a_time_its_distance(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl.create("eve@example.com")
    assert userctl("user", "disable", "2").code == 0
    printed = ended(terminal("user", "list"))[1]
    assert "\x1b[32mactive\x1b[0m" in printed
    assert "\x1b[31mdisabled\x1b[0m" in printed
    assert "\x1b[3" not in ended(terminal("user", "list", NO_COLOR="1"))[1]
    assert re.search(r"Z \((now|\d+ s ago)\)", ended(terminal("user", "show", "1"))[1])


@pytest.fixture
def many(userctl: Userctl) -> Userctl:
    """A database with more users than a terminal has lines."""
    run_script(
        str(userctl.database_url),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO users (email, hashed_password) "
        "SELECT 'u' || i || '@example.com', '' FROM n",
    )
    return userctl


def test_a_long_list_is_shown_by_the_pager_of_the_environment(
    terminal: Terminal, many: Userctl
) -> None:
    pager = "sed 's/^/paged /'"
    printed = ended(terminal("user", "list", PAGER=pager))[1]
    assert printed.count("paged ") == 101
    assert "Showing 100, and there are more." in printed
    for arguments in (["--limit", "3"], ["--no-pager"], ["-o", "json"]):
        assert "paged" not in ended(terminal("user", "list", *arguments, PAGER=pager))[1]
    assert "paged" not in ended(terminal("user", "list", PAGER=""))[1]


def test_a_pager_that_fails_at_once_is_made_up_for(terminal: Terminal, many: Userctl) -> None:
    code, printed = ended(terminal("user", "list", PAGER="false"))
    assert (code, printed.count("@example.com")) == (0, 100)


def test_leaving_less_ends_a_list_silently(terminal: Terminal, many: Userctl) -> None:
    child = terminal("user", "list", "--all", PAGER="less")
    child.expect_exact("u5@example.com")
    child.send("q")
    code, printed = ended(child)
    assert code == 141
    assert "error" not in printed
    assert "Traceback" not in printed


def test_reading_a_list_to_its_end_in_less_is_exit_0(terminal: Terminal, many: Userctl) -> None:
    child = terminal("user", "list", PAGER="less")
    child.expect_exact("u5@example.com")
    child.send("Gq")
    assert ended(child)[0] == 0


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
    assert ended(child)[0] == code
    userctl.database_url = application
    assert userctl("user", "list").code == (0 if answer == "y" else 6)


def test_adopt_does_not_ask_where_something_is_in_the_way(
    terminal: Terminal, application: str
) -> None:
    run_script(application, "INSERT INTO users (email) VALUES ('ada@EXAMPLE.com')")
    child = terminal("db", "adopt", USERCTL_DATABASE_URL=application)
    code, printed = ended(child)
    assert code == 5
    assert "problem: users, email" in printed
    assert "[y/N]" not in printed


def test_sessions_fit_the_terminal_and_their_ids_can_be_typed(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("a.person.with.a.long.address@example.com")
    userctl.login("a.person.with.a.long.address@example.com", "--client", "laptop of Ada")
    code, printed = ended(terminal("session", "list"))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
    assert code == 0
    assert all(len(line) <= 80 for line in lines)
    short_id = lines[1].split()[0]
    assert userctl("session", "end", short_id).code == 0


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
    assert ended(child)[0] == code
    assert userctl("user", "list", "--status", "active", "-q").out.count("\n") == left


def test_who_is_unknown_is_told_before_a_question(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    code, printed = ended(terminal("user", "delete", "1", "adda@example.com"))
    assert code == 3
    assert "Did you mean ada@example.com?" in printed
    assert "[y/N]" not in printed


@pytest.mark.parametrize(
    ("environment", "label"),
    [({}, "\x1b[31merror:\x1b[0m "), ({"NO_COLOR": "1"}, "error: "), ({"TERM": "dumb"}, "error: ")],
)
def test_an_error_begins_in_color(
    terminal: Terminal, environment: dict[str, str], label: str
) -> None:
    code, printed = ended(terminal("user", "show", "7", **environment))
    assert (code, printed) == (3, f"{label}There is no user '7'.\r\n")


def test_a_summary_of_the_trail_has_bars_as_wide_as_the_terminal_allows(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com")
    userctl.create("grace@example.com")
    assert userctl("user", "disable", "grace@example.com").code == 0
    child = terminal("audit", "summary", NO_COLOR="1")
    lines = ended(child)[1].splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d  0 +0 +2 █{4,}  1 █{4,}", lines[1])
    assert max(map(len, lines)) <= 80
    assert "\x1b[33m█" in ended(terminal("audit", "summary"))[1]
    narrow = ended(terminal("audit", "summary", COLUMNS="40"))[1]
    assert "█" not in narrow
    assert max(map(len, narrow.splitlines())) <= 40
