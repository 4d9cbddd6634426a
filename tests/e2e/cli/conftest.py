"""Runs userctl on a terminal of 80 columns."""

from collections.abc import Callable, Sequence

import pexpect
import pytest

from tests.support.cli import Userctl

Terminal = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def real_terminal(userctl: Userctl) -> Terminal:
    """The same with a process that gets the signals of the terminal."""
    return terminal_starter(userctl, userctl.program, cheap=False)


@pytest.fixture
def terminal(userctl: Userctl, forked_program: str) -> Terminal:
    """Starts userctl on a terminal."""
    return terminal_starter(userctl, (forked_program,), cheap=True)


def terminal_starter(userctl: Userctl, command: Sequence[str], *, cheap: bool) -> Terminal:
    """Return a function that starts userctl on a terminal, with cheap hashes or not."""

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


def wait_for_end(child: "pexpect.spawn[str]") -> tuple[int, str]:
    """Wait for the end; return the exit code and what was printed since the last match."""
    child.expect(pexpect.EOF)
    child.close()
    assert isinstance(child.before, str)
    assert child.exitstatus is not None
    return child.exitstatus, child.before
