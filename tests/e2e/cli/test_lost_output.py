"""Tokens that were issued but could not be printed are revoked before the command ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, Result, Userctl

REFRESH = ["token", "refresh", "--stdin"]
LOGIN = ["login", "ada@example.com", "--no-store", "--password-stdin"]


@contextmanager
def full_disk() -> Iterator[int]:
    """Yield an output on a full disk."""
    with Path("/dev/full").open("wb") as full:
        yield full.fileno()


@contextmanager
def reader_that_left() -> Iterator[int]:
    """Yield a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@dataclass(frozen=True)
class Lost:
    """An output, and the exit code of a command that loses on it what it can show again."""

    output: int
    code: int


OUTPUTS = {"a full disk": (full_disk, 9), "a closed pipe": (reader_that_left, 141)}


@pytest.fixture
def userctl(userctl: Userctl, forked_program: str) -> Userctl:
    return replace(userctl, program=(forked_program,))


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    userctl.create("ada@example.com")


@pytest.fixture(params=OUTPUTS.values(), ids=OUTPUTS)
def lost(request: pytest.FixtureRequest) -> Iterator[Lost]:
    """An output in which everything is lost."""
    kind, code = request.param
    with kind() as output:
        yield Lost(output, code)


def states(userctl: Userctl) -> list[str]:
    """Return the states of all refresh tokens in the order in which they were issued."""
    tokens = userctl("token", "list", "--all", "-o", "json").json
    return [token["state"] for token in tokens]


def check_lost(result: Result, code: int = 9) -> None:
    """Check that a loss is told, but for what a reader that left did not want to see."""
    assert (result.code, result.err.count("\n")) == (code, code == 9), result
    assert "uctl_rt_" not in result.err


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_session_whose_tokens_are_lost_is_ended(
    userctl: Userctl, lost: Lost, output: str
) -> None:
    check_lost(userctl.spawn(*LOGIN, "-o", output, stdin=PASSWORD, stdout=lost.output))
    assert states(userctl) == ["revoked"]


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_session_whose_refreshed_tokens_are_lost_is_ended_and_no_other(
    userctl: Userctl, lost: Lost, output: str
) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    other = userctl.login("ada@example.com", "--no-store")
    command = [*REFRESH, "-o", output]
    check_lost(userctl.spawn(*command, stdin=pair["refresh_token"], stdout=lost.output))
    assert states(userctl) == ["used", "active", "revoked"]
    for kind, verb in (("access", "verify"), ("refresh", "refresh")):
        assert userctl("token", verb, "--stdin", stdin=pair[f"{kind}_token"]).code == 4
        assert userctl("token", verb, "--stdin", stdin=other[f"{kind}_token"]).code == 0


def test_a_stored_session_outlives_the_loss_of_what_a_command_says_of_it(
    userctl: Userctl, lost: Lost
) -> None:
    command = ["login", "ada@example.com", "--password-stdin"]
    check_lost(userctl.spawn(*command, stdin=PASSWORD, stdout=lost.output), lost.code)
    check_lost(userctl.spawn("token", "refresh", stdout=lost.output), lost.code)
    assert states(userctl) == ["used", "active"]
    assert userctl("whoami").code == 0


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_closed_standard_output_ends_the_session_too(userctl: Userctl, output: str) -> None:
    closed = replace(userctl, program=("sh", "-c", 'exec "$@" >&-', "sh", *userctl.program))
    result = closed.spawn(*LOGIN, "-o", output, stdin=PASSWORD)
    check_lost(result)
    assert states(userctl) == ["revoked"]


def test_the_loss_of_a_generated_password_is_told(userctl: Userctl, lost: Lost) -> None:
    command = ["user", "create", "grace@example.com", "--generate-password"]
    check_lost(userctl.spawn(*command, stdout=lost.output))
    check_lost(userctl.spawn("user", "show", "grace@example.com", stdout=lost.output), lost.code)
