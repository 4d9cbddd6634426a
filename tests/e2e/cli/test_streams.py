"""Standard output carries the payload alone; what is lost is reported."""

import json
import os
import resource
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cli import Userctl, wait_for_result
from tests.support.marks import soak_only

ADA = "ada@example.com"


def test_a_note_goes_to_standard_error_and_leaves_the_payload_alone(embedded: Userctl) -> None:
    result = embedded.spawn("user", "create", ADA, "--no-password", "-o", "json")
    assert (result.code, json.loads(result.out)["email"]) == (0, ADA)
    assert result.err.startswith("Created a new database at ")


def test_quiet_suppresses_notes_but_not_that_a_database_came_into_being(
    embedded: Userctl,
) -> None:
    create = ("user", "create", ADA, "--no-password", "--if-not-exists", "-q")
    first, second = embedded.spawn(*create), embedded.spawn(*create)
    assert first.err.startswith("Created a new database at ")
    assert (second.code, second.out, second.err) == (0, "1\n", "")


@pytest.mark.parametrize("limit", [soak_only(4096), 20_000, soak_only(45_000), soak_only(70_000)])
def test_a_disk_that_is_full_at_first_use_leaves_nothing_behind(
    embedded: Userctl, limit: int
) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # Python itself would leave cut-off bytecode behind, in which nothing runs any more.
    embedded.extra["PYTHONDONTWRITEBYTECODE"] = "1"
    create = ("user", "create", ADA, "--no-password", "-q")
    result = embedded.spawn(*create, preexec_fn=small_files)
    folder = embedded.home / ".local/share/userctl"
    if result.code:
        assert result.code == 9
        assert [*folder.iterdir()] == []
    assert embedded.spawn(*create).code == 0


def test_a_usage_error_is_json_when_json_was_asked_for(quick: Userctl) -> None:
    for args in (["-o", "json"], ["--output=jsonl"], ["-ojson"]):
        result = quick.spawn("user", "list", "--bogus", *args)
        assert (result.code, result.error["code"]) == (2, "usage")
    quick.extra["USERCTL_OUTPUT"] = "json"
    assert quick.spawn("user", "show", "9").error["code"] == "user_not_found"


def test_a_full_disk_behind_standard_output_is_exit_9(quick: Userctl) -> None:
    with Path("/dev/full").open("wb") as full:
        for args in ("user list -o csv", "user list", "config path", "--help", "--version"):
            result = quick.spawn(*args.split(), stdout=full)
            assert (result.code, result.err.count("\n")) == (9, 1)
            assert result.err.endswith("No space left on device.\n")


def test_a_lost_result_is_exit_9_also_where_the_result_is_bad_news(embedded: Userctl) -> None:
    with Path("/dev/full").open("wb") as full:
        assert embedded.spawn("health", stdout=full).code == 9
        assert embedded.spawn("db", "migrate", "--check", stdout=full).code == 9


def test_a_full_disk_behind_standard_error_does_not_change_the_exit_code(quick: Userctl) -> None:
    with Path("/dev/full").open("wb") as full:
        assert quick.spawn("user", "show", "99", stderr=full).code == 3


def test_a_closed_standard_output_is_exit_9(quick: Userctl) -> None:
    quick.create("ada@example.com")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *quick.program, "user", "list"],
        env=quick.environment,
        capture_output=True,
        check=False,
    )
    assert (closed.returncode, closed.stderr.count(b"\n")) == (9, 1)


@pytest.mark.parametrize("command", ["config show", "user list -o json", "--help"])
def test_a_reader_that_left_ends_a_command_silently_as_sigpipe_does(
    userctl: Userctl, forked_program: str, command: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = replace(userctl, program=(forked_program,)).spawn(*command.split(), stdout=writer)
    os.close(writer)
    assert (result.code, result.err) == (141, "")


def test_a_closed_standard_error_or_input_does_not_hurt(quick: Userctl) -> None:
    script = 'exec "$@" 2>&- <&-'
    for args, code in ((["user", "list"], 0), (["user", "show", "9"], 3)):
        done = subprocess.run(
            ["sh", "-c", script, "sh", *quick.program, *args],
            env=quick.environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code


@pytest.mark.parametrize("locale", ["C", soak_only("POSIX"), soak_only("C.UTF-8")])
def test_names_survive_every_locale(local: Userctl, locale: str) -> None:
    local.create("ada@example.com", "--name", "名前")
    local.extra |= {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for output in ("table", "csv"):
        assert "名前" in local.spawn("user", "list", "-o", output).out
    assert local.spawn("user", "list", "-o", "json").json[0]["name"] == "名前"


def test_a_table_off_a_terminal_is_whole_and_plain(quick: Userctl) -> None:
    name = "x" * 100
    quick.create(f"{'a' * 60}@{'b' * 60}.example.com", "--name", name)
    out = quick.spawn("user", "list").out
    assert name in out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    "name", ["a\x1b[31mb", "a\u202eb", "a\u200bb", "a\x7fb", "a\x85b", "a\nb", "a\u2028b", ""]
)
def test_a_name_with_an_invisible_character_is_refused_in_one_plain_line(
    local: Userctl, name: str
) -> None:
    result = local("user", "create", "ada@example.com", "--no-password", "--name", name)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert not set(result.err[:-1]) & {"\x1b", "\u202e", "\u200b", "\x7f", "\x85", "\u2028"}


def test_arguments_that_are_not_utf8_are_refused(quick: Userctl) -> None:
    process = subprocess.Popen(
        [*quick.program, "user", "create", "ada@example.com", "--no-password", "--name", b"a\xff"],
        env=quick.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    result = wait_for_result(process)
    assert (result.code, result.err.count("\n")) == (2, 1)


def test_debug_shows_the_traceback_of_a_foreseen_error_too(quick: Userctl) -> None:
    result = quick.spawn("user", "show", "9", "--debug")
    assert result.code == 3
    assert "Traceback" in result.err
    assert result.err.endswith("error: There is no user '9'.\n")


def test_a_spreadsheet_runs_no_formula(local: Userctl) -> None:
    local.create("ada@example.com", "--name", "=1+1")
    assert local("user", "list", "-o", "csv", "--fields", "name").out == "name\n'=1+1\n"


def test_what_comes_into_being_by_itself_is_in_the_trail(embedded: Userctl) -> None:
    embedded.create("ada@example.com")
    embedded.login("ada@example.com")
    events = embedded("audit", "list", "-o", "json").json
    assert [event["tag"] for event in events] == [
        "database:migrate",
        "account:create",
        "key:generate",
        "account:login:success",
    ]
    [key] = embedded("key", "list", "-o", "json").json
    assert events[2]["target"] == key["kid"]
