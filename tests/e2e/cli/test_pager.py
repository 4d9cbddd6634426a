"""Long lists on a terminal, which a pager shows."""

import pytest

from tests.e2e.cli.conftest import Terminal, wait_for_end
from tests.support.applications import run_script
from tests.support.cli import Userctl


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
    printed = wait_for_end(terminal("user", "list", PAGER=pager))[1]
    assert printed.count("paged ") == 101
    assert "Showing 100, and there are more." in printed
    for arguments in (["--limit", "3"], ["--no-pager"], ["-o", "json"]):
        assert "paged" not in wait_for_end(terminal("user", "list", *arguments, PAGER=pager))[1]
    assert "paged" not in wait_for_end(terminal("user", "list", PAGER=""))[1]


def test_a_pager_that_fails_at_once_is_made_up_for(terminal: Terminal, many: Userctl) -> None:
    code, printed = wait_for_end(terminal("user", "list", PAGER="false"))
    assert (code, printed.count("@example.com")) == (0, 100)


def test_leaving_less_ends_a_list_silently(terminal: Terminal, many: Userctl) -> None:
    child = terminal("user", "list", "--all", PAGER="less")
    child.expect_exact("u5@example.com")
    child.send("q")
    code, printed = wait_for_end(child)
    assert code == 141
    assert "error" not in printed
    assert "Traceback" not in printed


def test_reading_a_list_to_its_end_in_less_is_exit_0(terminal: Terminal, many: Userctl) -> None:
    child = terminal("user", "list", PAGER="less")
    child.expect_exact("u5@example.com")
    child.send("Gq")
    assert wait_for_end(child)[0] == 0
