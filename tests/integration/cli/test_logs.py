"""What ``-v`` tells, on both databases."""

import json
import logging
import re
import sys

import pytest

from tests.support.cli import PASSWORD, Userctl

LINE = re.compile(r"\S+Z (debug|info|warning) ([0-9a-f]{12}) \S+ (.+)")


def told(text: str) -> list[str]:
    """Return the messages of a log, which is all that the text holds, of one run."""
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    assert all(found), text
    assert len({match[2] for match in found if match}) <= 1
    return [match[3] for match in found if match]


def test_nothing_is_logged_unless_it_is_asked_for(userctl: Userctl) -> None:
    created = userctl("user", "create", "ada@example.com", "--no-password", "-q")
    assert created.err == ""


# Python writes warnings by itself where there is no handler, as there is in a test.
WARNING = """
import logging, sys
from userctl.cli.logging import log_to_stderr
with log_to_stderr(int(sys.argv[1]), as_json=False):
    logging.getLogger("library").warning("beware")
"""


@pytest.mark.parametrize(("verbosity", "written"), [("0", False), ("1", True)])
def test_not_even_warnings_of_libraries_are_written_by_default(
    local: Userctl, verbosity: str, written: bool
) -> None:
    done = local.spawn(verbosity, program=(sys.executable, "-c", WARNING))
    assert (done.code, "beware" in done.err) == (0, written)
    assert written or done.err == ""


def test_v_tells_the_command_the_changes_and_the_exit_code(userctl: Userctl) -> None:
    done = userctl("user", "create", "ada@example.com", "--no-password", "-v")
    messages = told(done.err)
    assert messages[0] == "userctl user create begins"
    assert "committed account:create, user 1" in messages
    assert messages[-1] == "exit code 0"
    assert not any("SELECT" in message for message in messages)


def test_vv_tells_the_statements_too_but_no_values(userctl: Userctl) -> None:
    done = userctl("user", "create", "ada@example.com", "--password-stdin", "-vv", stdin=PASSWORD)
    messages = told(done.err)
    assert any(message.startswith("INSERT INTO users") for message in messages)
    for secret in (PASSWORD, "$2b$", "ada@example.com"):
        assert secret not in done.err


def test_a_failure_is_logged_with_its_exit_code(userctl: Userctl) -> None:
    done = userctl("user", "show", "99", "-v")
    *log, last = done.err.splitlines()[:-1], done.err.splitlines()[-1]
    assert "exit code 3" in last
    assert any(line.startswith("error: ") for line in log[0])


def test_a_log_may_be_json(userctl: Userctl) -> None:
    for options in (["--log-format", "json"], []):
        done = userctl("user", "list", "-v", *options, "-o", "json")
        lines = [json.loads(line) for line in done.err.splitlines()]
        assert [list(line) for line in lines] == [
            ["time", "level", "run", "logger", "message"]
        ] * len(lines)
        assert lines[-1]["message"] == "exit code 0"
        assert done.json == []
        userctl.extra["USERCTL_LOG_FORMAT"] = "json"


def test_two_runs_have_two_numbers(local: Userctl) -> None:
    runs = {LINE.match(local("user", "list", "-v").err)[2] for _ in range(2)}  # type: ignore[index]
    assert len(runs) == 2


def test_a_log_of_one_command_ends_with_it(local: Userctl) -> None:
    before = list(logging.getLogger().handlers)
    local("user", "list", "-vv")
    assert logging.getLogger().handlers == before
    assert local("user", "list", "-q").err == ""
