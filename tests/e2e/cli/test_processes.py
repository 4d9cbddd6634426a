"""Many processes at once, and processes that are told to stop."""

import json
import os
import re
import signal
import sqlite3
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, Userctl
from tests.support.marks import repeat

WRITER = """
import sys
from userctl.cli.app import run

for turn in range(5):
    account = f"w{sys.argv[1]}-{turn}@example.com"
    for command in (
        ["create", account, "--no-password"],
        ["update", account, "--name", f"turn {turn}"],
        ["disable", account],
        ["enable", account],
        ["create", f"x{account}", "--no-password"],
    ):
        code = run(["user", *command, "-q"])
        if code:
            sys.exit(code)
"""


@pytest.fixture
def forking(userctl: Userctl, forked_program: str) -> Userctl:
    """The same as ``userctl``, with processes that start at once."""
    return replace(userctl, program=(forked_program,))


@repeat("processes", few=3, soak=20)
def test_of_processes_that_create_the_same_account_one_succeeds(
    forking: Userctl, processes: int
) -> None:
    command = ["user", "create", "ada@example.com", "--password-stdin"]
    results = forking.run_at_once([command] * processes, stdin=PASSWORD)
    assert Counter(result.code for result in results) == {0: 1, 5: processes - 1}
    assert forking("user", "list", "-q").out.count("\n") == 1


@repeat("shells", few=2, soak=5)
def test_shells_that_refresh_one_stored_session_all_keep_it(forking: Userctl, shells: int) -> None:
    forking.create("ada@example.com")
    forking.login("ada@example.com")
    results = forking.run_at_once([["token", "refresh"]] * shells)
    assert {result.code for result in results} == {0}
    assert forking("whoami").code == 0


@repeat("processes", few=2, soak=16)
def test_processes_that_write_to_sqlite_lose_nothing(local: Userctl, processes: int) -> None:
    worker = Userctl(local.home, local.database_url, (sys.executable, "-c", WRITER))
    results = worker.run_at_once([[str(number)] for number in range(processes)])
    assert {(result.code, result.err) for result in results} == {(0, "")}
    accounts = local("user", "list", "--all", "-o", "json").json
    assert len(accounts) == processes * 5 * 2
    assert Counter(account["status"] for account in accounts) == {"active": processes * 5 * 2}
    assert sum(account["name"] is not None for account in accounts) == processes * 5


@repeat("processes", few=3, soak=10)
def test_processes_create_the_embedded_database_once(
    embedded: Userctl, forked_program: str, processes: int
) -> None:
    commands = [["user", "create", f"{n}@example.com", "--no-password"] for n in range(processes)]
    results = replace(embedded, program=(forked_program,)).run_at_once(commands)
    assert {result.code for result in results} == {0}
    assert sum("Created a new database" in result.err for result in results) == 1
    assert embedded("user", "list", "-q").out.count("\n") == processes
    folder = embedded.home / ".local/share/userctl"
    assert {file.name for file in folder.iterdir()} <= {
        "userctl.db",
        "userctl.db-wal",
        "userctl.db-shm",
    }
    assert (folder / "userctl.db").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@repeat("processes", few=2, soak=4)
def test_migrations_at_once_are_safe(
    home: Path, bare_database_url: str, forked_program: str, processes: int
) -> None:
    bare = Userctl(home, bare_database_url, (forked_program,))
    results = bare.run_at_once([["db", "migrate"]] * processes)
    assert [result.code for result in results] == [0] * processes
    assert bare("db", "migrate", "--check").code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_command_that_waits_for_a_lock_and_nothing_is_changed(
    local: Userctl, number: signal.Signals, code: int
) -> None:
    fifo = local.home / "password"
    os.mkfifo(fifo)
    holder = sqlite3.connect(str(local.database_url).removeprefix("sqlite:///"))
    holder.execute("BEGIN IMMEDIATE")
    process = local.start("user", "create", "ada@example.com", "--password-file", str(fifo))
    # Opening a FIFO waits for its reader, so the command has begun when this returns.
    fifo.write_text(PASSWORD)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    holder.rollback()
    holder.close()
    assert (process.returncode, out) == (code, b"")
    assert b"Traceback" not in err
    assert local("user", "list", "-q").out == ""


EARLY = """
import sys
from userctl.__main__ import main

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
main()
"""


def test_ctrl_c_while_the_program_is_still_loading_shows_no_traceback(local: Userctl) -> None:
    result = local.spawn("user", "list", program=(sys.executable, "-c", EARLY))
    assert (result.code, result.out, result.err) == (130, "", "")


def test_a_trail_is_followed_until_ctrl_c(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    follower = userctl.start("audit", "list", "--follow", "-o", "jsonl")
    assert follower.stdout
    seen = [json.loads(follower.stdout.readline())["target"]]
    userctl.create("eve@example.com")
    seen.append(json.loads(follower.stdout.readline())["target"])
    follower.send_signal(signal.SIGINT)
    out, err = follower.communicate(timeout=10)
    assert seen == ["ada@example.com", "eve@example.com"]
    assert (follower.returncode, out, err) == (130, b"", b"")


def test_a_trail_is_followed_as_lines_of_text(local: Userctl) -> None:
    local.create("ada@example.com")
    follower = local.start("audit", "list", "--follow", "--tag", "account")
    assert follower.stdout
    line = follower.stdout.readline().decode()
    follower.terminate()
    follower.communicate(timeout=10)
    assert re.fullmatch(r"\S+Z  account:create  \S+@\S+  ada@example.com  .*role: user\n", line)


def test_a_trail_is_followed_from_an_event_on_whatever_the_limit(local: Userctl) -> None:
    for number in range(4):
        local.create(f"u{number}@example.com")
    command = ["audit", "list", "--follow", "--after", "1", "--limit", "1", "-q"]
    follower = local.start(*command)
    assert follower.stdout
    assert [follower.stdout.readline() for _ in range(3)] == [b"2\n", b"3\n", b"4\n"]
    follower.terminate()
    follower.communicate(timeout=10)
