"""Runs userctl as a user would: with its own environment, home and folder."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests.support.cheap_hashes import CHEAP
from tests.support.postgres import programs_folder
from userctl.cli.app import run

PASSWORD = "correct horse 77"
SECRET_KEY = "a key for the tests of at least 32 bytes"


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The payload."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error that a command reported in JSON, which must be all it printed."""
        assert self.out == ""
        body = json.loads(self.err)
        assert list(body) == ["error"]
        assert list(body["error"]) == ["code", "message", "hint"]
        return dict(body["error"])


@dataclass
class Userctl:
    """Runs userctl on one database, out of one home, with one key or with a keyring."""

    home: Path
    database_url: str | None
    program: Sequence[str] = (sys.executable, "-m", "userctl")
    extra: dict[str, str] = field(default_factory=dict)
    keyring: bool = False

    @property
    def session_file(self) -> Path:
        """Where the session of ``userctl login`` is kept."""
        return self.home / ".local/state/userctl/session.json"

    @property
    def database_file(self) -> Path:
        """The file of an SQLite database."""
        assert self.database_url is not None
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command in a process of its own."""
        # Coverage of subprocesses is switched on by variables of its own.
        coverage = {key: value for key, value in os.environ.items() if key.startswith("COV")}
        environment = {
            **coverage,
            # Those of the system may be older than the server.
            "PATH": f"{programs_folder()}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            # The cheapest hash that may be configured.
            "USERCTL_PASSWORD_COST": "10",
        }
        if self.database_url is not None:
            environment["USERCTL_DATABASE_URL"] = self.database_url
            if self.keyring:
                environment["USERCTL_KEYRING_FILE"] = str(self.home / "keyring")
            else:
                environment["USERCTL_SECRET_KEY"] = SECRET_KEY
        return environment | self.extra

    @property
    def cheap_environment(self) -> dict[str, str]:
        """The environment of a command that runs in a process of the tests, or in its forks."""
        return self.environment | CHEAP | self.extra

    def __call__(self, *args: str, stdin: str | bytes = "") -> Result:
        """Run a command in this process, which is much faster than starting one."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        streams = [io.TextIOWrapper(io.BytesIO(text), "utf-8") for text in (given, b"", b"")]
        with (
            mock.patch.dict(os.environ, self.cheap_environment, clear=True),
            mock.patch.multiple(sys, stdin=streams[0], stdout=streams[1], stderr=streams[2]),
            contextlib.chdir(self.home),
        ):
            code = run(args)
        return Result(code, *(_captured_text(stream) for stream in streams[1:]))

    def start(
        self, *args: str, program: Sequence[str] | None = None, **options: Any
    ) -> "subprocess.Popen[bytes]":
        """Start a process with pipes, and leave it to the caller."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(
            [*(program or self.program), *args],
            env=self.environment,
            cwd=self.home,
            **{**pipes, **options},
        )

    def spawn(self, *args: str, stdin: str = "", **options: Any) -> Result:
        """Run a command in a process of its own."""
        return wait_for_result(self.start(*args, **options), stdin)

    def run_at_once(self, commands: Sequence[Sequence[str]], stdin: str = "") -> list[Result]:
        """Run commands side by side, each in a process of its own."""
        # Each gets its input at the start, or it would wait for the one before it to end.
        file = self.home / "stdin"
        file.write_text(stdin)
        processes = []
        for command in commands:
            with file.open() as text:
                processes.append(self.start(*command, stdin=text))
        return [wait_for_result(process) for process in processes]

    def create(self, email: str, *options: str) -> dict[str, Any]:
        """Create an account with the password of the tests."""
        result = self("user", "create", email, "--password-stdin", "-o", "json", *options,
                      stdin=PASSWORD)  # fmt: skip
        return dict(result.json)

    def login(self, email: str, *options: str) -> Any:
        """Log in with the password of the tests."""
        result = self("login", email, "--password-stdin", "-o", "json", *options, stdin=PASSWORD)
        return result.json


def wait_for_result(process: "subprocess.Popen[bytes]", stdin: str = "") -> Result:
    """Wait for a process to end, and return its result."""
    out, err = process.communicate(stdin.encode() if process.stdin else None, timeout=120)
    return Result(process.returncode, (out or b"").decode(), (err or b"").decode())


def _captured_text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
