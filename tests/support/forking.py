"""Runs userctl in forked processes, because starting twenty Pythons takes seconds.

As a program, this module imports userctl once and then forks a process for each command. It has
one thread, and neither an engine nor anything else that a process must not share with another.
"""

import gc
import json
import os
import pkgutil
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.cli import Userctl

COUNTED = (
    "services/sessions/stored_session.py",
    "core/atomic_files.py",
    "core/secure_files.py",
    "db/transaction/commit.py",
)
"""Where a session is written down, exchanged and committed."""

KILLED = -signal.SIGKILL
"""The exit code of a process that was killed."""

STREAMS = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))


@dataclass(frozen=True)
class ForkResult:
    """What a forked command left behind.

    Attributes:
        code: the exit code, or ``KILLED``.
        out: its standard output.
        err: its standard error.
        seconds: how long it and those beside it took.
        lines: how many lines of the counted files it ran, if that was requested.
    """

    code: int
    out: str
    err: str
    seconds: float
    lines: int


class Forks:
    """Runs commands in processes forked by a server, in the environment of a Userctl."""

    def __init__(self, server: "subprocess.Popen[bytes]", userctl: "Userctl") -> None:
        self._server = server
        self._userctl = userctl

    def run_at_once(self, commands: Sequence[Sequence[str]], stdin: str = "") -> list[ForkResult]:
        """Start commands at the same moment, each with the same standard input."""
        return self._ask(commands=commands, stdin=stdin)

    def kill_at_moments(
        self, command: Sequence[str], kills: int, prepare: Callable[[], object] = lambda: None
    ) -> Iterator[ForkResult]:
        """Run a command until it was killed so many times, each at a random moment of its run.

        How long a run takes depends on what else the machine does, so each run that ends is the
        measure for the next ones.

        Args:
            command: what to run; it must not fail.
            kills: how often it is killed.
            prepare: called before each run.
        """
        draws = random.Random(9)
        prepare()
        [result] = self.run_at_once([command])
        longest = result.seconds
        while kills:
            assert result.code in (0, KILLED), result.err
            prepare()
            [result] = self._ask(commands=[command], kill_after=draws.uniform(0, longest))
            if result.code == KILLED:
                kills -= 1
                longest *= 1.05
            else:
                longest = result.seconds
            yield result

    def kill_at_line(
        self, command: Sequence[str], line: int, files: Sequence[str] = COUNTED
    ) -> ForkResult:
        """Make a command kill itself before the n-th line that it runs in the counted files."""
        return self._ask(commands=[command], kill_at=line, files=files)[0]

    def kill_at_many_lines(
        self,
        command: Sequence[str],
        files: Sequence[str],
        prepare: Callable[[], object],
        places: int = 25,
    ) -> Iterator[ForkResult]:
        """Kill a command at some lines from its first to its last, and let it end once.

        Args:
            command: what to run.
            files: the files whose lines are counted.
            prepare: called before each run.
            places: at about how many lines it is killed.
        """
        prepare()
        lines = self.kill_at_line(command, sys.maxsize, files).lines
        for line in [*range(1, lines, max(1, lines // places)), sys.maxsize]:
            prepare()
            yield self.kill_at_line(command, line, files)

    def _ask(self, **request: Any) -> list[ForkResult]:
        pipe_in, pipe_out = self._server.stdin, self._server.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        request |= {"environment": self._userctl.cheap_environment}
        request["home"] = str(self._userctl.home)
        pipe_in.write(json.dumps(request).encode() + b"\n")
        pipe_in.flush()
        return [ForkResult(**result) for result in json.loads(pipe_out.readline())]


@contextmanager
def running_fork_server() -> Iterator["subprocess.Popen[bytes]"]:
    """Yield a server that forks, which imports userctl once for all tests."""
    command = [sys.executable, "-P", __file__]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as server:
        yield server
        server.communicate(timeout=60)
    assert server.returncode == 0


def import_everything() -> None:
    """Import all of userctl, so that processes which are forked have it."""
    package = import_module("userctl")
    for module in pkgutil.walk_packages(package.__path__, "userctl."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    import_module("tests.support.cheap_hashes").allow_cheap_hashes()
    import_module("tests.support.no_disk").skip_disk_sync()
    # What an engine would import, and what its first query would set up.
    import_module("sqlalchemy.dialects.sqlite")
    import_module("sqlalchemy.dialects.postgresql.psycopg")
    import_module("psycopg")
    import_module("sqlalchemy.orm").configure_mappers()
    _run_some_commands()
    # A collection would touch, and so copy, all the memory that the children share.
    gc.disable()
    gc.freeze()


def _run_some_commands() -> None:
    """Run common commands, so that forks share the commands and the SQL that these build."""
    import_module("tests.support.built_commands").share_built_commands()
    import_module("tests.support.compiled_sql").share_compiled_sql()
    with tempfile.TemporaryDirectory() as home:
        userctl = import_module("tests.support.cli").Userctl(Path(home), None)
        userctl.create("ada@example.com")
        userctl.login("ada@example.com")
        for command in ("whoami", "token refresh", "user list", "token purge"):
            assert userctl(*command.split(), "-o", "json").code == 0


def serve() -> None:
    """Answer requests, one per line, until there are no more."""
    import_everything()
    for line in sys.stdin:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(json.dumps(_answer(Path(folder), **json.loads(line))) + "\n")
            sys.stdout.flush()


def _answer(
    folder: Path,
    commands: Sequence[Sequence[str]],
    environment: dict[str, str],
    home: str,
    stdin: str = "",
    kill_after: float | None = None,
    kill_at: int | None = None,
    files: Sequence[str] = COUNTED,
) -> list[dict[str, Any]]:
    start, go = os.pipe()
    children = {}
    for number, command in enumerate(commands):
        own = folder / str(number)
        own.mkdir()
        (own / "stdin").write_text(stdin)
        for _, name, _ in STREAMS:
            (own / name).touch()
        if not (pid := os.fork()):
            os.close(go)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(home)
            _run(own, command, start, kill_at, files)
        children[pid] = own
    os.close(start)
    begun = time.monotonic()
    # All of them read the end of this pipe, at the same moment.
    os.close(go)
    if kill_after is not None:
        [child] = children
        _wait_until_ended(child, kill_after)
        # It has not been waited for, so its process id is not reused even if it has ended.
        os.kill(child, signal.SIGKILL)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    seconds = time.monotonic() - begun
    return [
        {
            "code": code,
            "out": (own / "stdout").read_text(),
            "err": (own / "stderr").read_text(),
            "seconds": seconds,
            "lines": int((own / "lines").read_text() if (own / "lines").exists() else 0),
        }
        for code, own in zip(codes, children.values(), strict=True)
    ]


def _wait_until_ended(pid: int, seconds: float) -> None:
    """Wait until a process has ended, but not longer than some seconds."""
    descriptor = os.pidfd_open(pid)
    try:
        select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)


def _run(
    folder: Path, command: Sequence[str], start: int, kill_at: int | None, files: Sequence[str]
) -> None:
    """Run a command as the last thing that this process does."""
    code = 70
    try:
        app = import_module("userctl.cli.app")
        for number, name, mode in STREAMS:
            file = (folder / name).open(mode, encoding="utf-8")
            os.dup2(file.fileno(), number)
            setattr(sys, name, file)
        os.read(start, 1)
        count = None if kill_at is None else _kill_at(kill_at, files)
        code = app.run(command)
        if count is not None:
            sys.settrace(None)
            (folder / "lines").write_text(str(count()))
    finally:
        os._exit(code)


def _kill_at(line: int, files: Sequence[str]) -> Callable[[], int]:
    """Kill this process before the n-th counted line; return a function that returns the count."""
    package = Path(import_module("userctl").__path__[0])
    counted = {str((package / name).resolve(strict=True)) for name in files}
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename not in counted:
            return None
        if event != "call":
            count += 1
            if count == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    return lambda: count


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    serve()
