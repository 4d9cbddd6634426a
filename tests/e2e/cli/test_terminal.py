"""What a person sees on a terminal of 80 columns."""

import re

import pytest

from tests.e2e.cli.conftest import Terminal, wait_for_end
from tests.support.cli import Userctl


def test_hostile_arguments_are_shown_as_plain_text(terminal: Terminal) -> None:
    code, printed = wait_for_end(terminal("user", "delete", "\x1b[31mx@example.com"))
    assert code == 2
    assert "\\x1b[31mx@example.com" in printed
    assert "\x1b[31mx" not in printed


def test_a_terminal_that_claims_no_width_still_shows_the_table(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com")
    assert "ada@example.com" in wait_for_end(terminal("user", "list", COLUMNS="0"))[1]


def test_a_table_fits_the_terminal_and_loses_nothing(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--name", "x" * 100)
    code, printed = wait_for_end(terminal("user", "list"))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
    assert code == 0
    assert all(len(line) <= 80 for line in plain.splitlines())
    assert "".join(plain.split()).count("x" * 10) >= 1
    assert plain.count("x") == 101  # The name, and the x of example.com.


def test_a_heading_is_bold_unless_colour_is_unwanted(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    assert "\x1b[1m" in wait_for_end(terminal("user", "list"))[1]
    assert "\x1b[3" not in wait_for_end(terminal("user", "list", NO_COLOR="1"))[1]


def test_a_hostile_name_colours_nothing_on_a_terminal(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--name", "[red]x[/red] :smile:")
    _, printed = wait_for_end(terminal("user", "show", "1"))
    assert "[red]x[/red] :smile:" in printed
    assert "\x1b[31m" not in printed


def test_a_quiet_purge_shows_nothing_on_a_terminal(terminal: Terminal) -> None:
    assert wait_for_end(terminal("token", "purge", "-q")) == (0, "")


def test_a_long_purge_shows_progress_and_leaves_standard_output_alone(
    terminal: Terminal,
) -> None:
    code, printed = wait_for_end(terminal("token", "purge", "-o", "json"))
    assert code == 0
    assert '"deleted": 0' in printed


def test_a_token_is_not_broken_over_two_lines(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    printed = wait_for_end(terminal("token", "issue", "--user", "1", "--label", "ci"))[1]
    assert re.search(r"uctl_api_[0-9a-f]{72}\b", printed)


def test_times_and_names_of_keys_are_not_broken_over_two_lines(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.keyring = True
    assert userctl("key", "generate", "--algorithm", "EdDSA").code == 0
    kid = userctl("key", "list", "-q").out.strip()
    printed = wait_for_end(terminal("key", "list"))[1]
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
    code, printed = wait_for_end(terminal(*command.split()))
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
        printed = wait_for_end(terminal(*command.split(), COLUMNS=str(columns)))[1]
        lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
        wide = [line.split() for line in lines if len(line) > columns]
        assert all(line[0] in {"kid", "email", "advice", "name"} for line in wide), wide
        assert not any(line.endswith(" ") for line in lines)


def test_what_to_do_stands_after_what_is_wrong(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    printed = " ".join(wait_for_end(terminal("doctor"))[1].split())
    assert "No user is an active admin. Make one: userctl user update" in printed
    assert "advice" not in printed


def test_a_list_ends_with_its_total_on_a_terminal(terminal: Terminal, much: Userctl) -> None:
    assert wait_for_end(terminal("user", "list"))[1].splitlines()[-1] == "1 user."
    assert wait_for_end(terminal("key", "list", "-q"))[1].count("\n") == 1
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
    assert wait_for_end(terminal(*command.split()))[1] == f"{said}\r\n"
    assert userctl(*command.split()).err == ""


def test_a_status_has_a_color_and_a_time_its_distance(terminal: Terminal, userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl.create("eve@example.com")
    assert userctl("user", "disable", "2").code == 0
    printed = wait_for_end(terminal("user", "list"))[1]
    assert "\x1b[32mactive\x1b[0m" in printed
    assert "\x1b[31mdisabled\x1b[0m" in printed
    assert "\x1b[3" not in wait_for_end(terminal("user", "list", NO_COLOR="1"))[1]
    assert re.search(r"Z \((now|\d+ s ago)\)", wait_for_end(terminal("user", "show", "1"))[1])


def test_sessions_fit_the_terminal_and_their_ids_can_be_typed(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("a.person.with.a.long.address@example.com")
    userctl.login("a.person.with.a.long.address@example.com", "--client", "laptop of Ada")
    code, printed = wait_for_end(terminal("session", "list"))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
    assert code == 0
    assert all(len(line) <= 80 for line in lines)
    short_id = lines[1].split()[0]
    assert userctl("session", "end", short_id).code == 0


@pytest.mark.parametrize(
    ("environment", "label"),
    [({}, "\x1b[31merror:\x1b[0m "), ({"NO_COLOR": "1"}, "error: "), ({"TERM": "dumb"}, "error: ")],
)
def test_an_error_begins_in_color(
    terminal: Terminal, environment: dict[str, str], label: str
) -> None:
    code, printed = wait_for_end(terminal("user", "show", "7", **environment))
    assert (code, printed) == (3, f"{label}There is no user '7'.\r\n")


def test_a_summary_of_the_trail_has_bars_as_wide_as_the_terminal_allows(
    terminal: Terminal, userctl: Userctl
) -> None:
    userctl.create("ada@example.com")
    userctl.create("grace@example.com")
    assert userctl("user", "disable", "grace@example.com").code == 0
    child = terminal("audit", "summary", NO_COLOR="1")
    lines = wait_for_end(child)[1].splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d  0 +0 +2 █{4,}  1 █{4,}", lines[1])
    assert max(map(len, lines)) <= 80
    assert "\x1b[33m█" in wait_for_end(terminal("audit", "summary"))[1]
    narrow = wait_for_end(terminal("audit", "summary", COLUMNS="40"))[1]
    assert "█" not in narrow
    assert max(map(len, narrow.splitlines())) <= 40
