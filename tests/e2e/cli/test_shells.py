"""Completion in real shells, on a terminal."""

import re
import shlex
import sys
from pathlib import Path

import pexpect
import pytest

from tests.support import requirements
from tests.support.applications import run_script
from tests.support.cli import Userctl
from tests.support.marks import soak_only

HOSTILE = "ha$(touch pwned)`touch pwned`;touch pwned;'\" *@example.com"
"""An address that another program may have stored."""

COMMANDS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--private", "--no-config"],
}
SETUP = {
    "bash": 'eval "$(userctl completion bash)"',
    "zsh": 'eval "$(userctl completion zsh)"',
    "fish": "userctl completion fish | source",
}


PATIENT = """
from userctl.cli.completion import answer
from userctl.db import quick_read
from userctl.__main__ import main
answer.LONGEST_SECONDS = quick_read.LONGEST_SECONDS = 60
main()
"""
"""Userctl that answers a shell even if the machine has much else to do."""


@pytest.fixture(params=["bash", soak_only("zsh"), soak_only("fish")])
def shell(request: pytest.FixtureRequest, userctl: Userctl) -> "pexpect.spawn[str]":
    """A shell with completion, in which the command prints its arguments instead of obeying."""
    userctl.create("grace@example.com")
    text = HOSTILE.replace("'", "''")
    run_script(
        str(userctl.database_url),
        f"INSERT INTO users (email, hashed_password) VALUES ('{text}', '')",
    )
    program, *arguments = COMMANDS[request.param]
    binary = requirements.program(program) if program != "bash" else program
    folder = userctl.home / "bin"
    folder.mkdir()
    # What is completed is seen as the command gets it.
    script = (
        '#!/bin/sh\n[ -n "$_USERCTL_COMPLETE" ] || [ "$1" = completion ] ||\n'
        '    { printf "<%s>" "$@"; echo; exit; }\n'
        f'exec {sys.executable} -c {shlex.quote(PATIENT)} "$@"\n'
    )
    (folder / "userctl").write_text(script)
    (folder / "userctl").chmod(0o755)
    environment = userctl.environment | {"TERM": "dumb" if program != "fish" else "xterm"}
    environment["PATH"] = f"{folder}:{environment['PATH']}"
    child = pexpect.spawn(
        binary,
        arguments,
        env=environment,
        cwd=str(userctl.home),
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 200),
    )
    child.sendline(SETUP[program])
    child.sendline("echo set''up")
    child.expect("setup")
    return child


def completed(child: "pexpect.spawn[str]", line: str) -> list[str]:
    """Type a line with the Tab key in it, and return the arguments that the command got."""
    child.send(line)
    child.send("\t\r")
    child.expect(r"(<[^\r\n]*>)[\r\n]")
    assert child.match is not None
    return re.findall(r"<(.*?)>(?=<|$)", str(child.match[1]))


def test_a_shell_completes_commands_and_values_and_runs_none_of_them(
    shell: "pexpect.spawn[str]", userctl: Userctl
) -> None:
    assert completed(shell, "userctl user sho") == ["user", "show"]
    assert completed(shell, "userctl user show gr") == ["user", "show", "grace@example.com"]
    assert completed(shell, "userctl user show grace@ex") == ["user", "show", "grace@example.com"]
    assert completed(shell, "userctl audit list --tag account:login:s")[-1] == (
        "account:login:success"
    )
    assert completed(shell, "userctl user show ha") == ["user", "show", HOSTILE]
    assert not (Path(userctl.home) / "pwned").exists()
    shell.close(force=True)
