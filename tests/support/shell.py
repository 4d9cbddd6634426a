"""Runs the shell commands of documents and help, with a ``userctl`` that starts at once.

As a program, this module imports userctl once, listens on a socket and forks a process for each
command. The ``userctl`` on the PATH only hands its arguments, environment and streams to that,
because starting Python with all imports for each of some hundred commands takes a minute.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tests.support.cli import Userctl

CLIENT = """\
#!{python} -IS
import json, os, socket, sys
umask = os.umask(0)
streams = []
for number in range(3):
    try:
        os.fstat(number)
        streams.append(number)
    except OSError:
        # What is opened next would otherwise take the place of the stream that is closed.
        os.open(os.devnull, os.O_RDWR)
request = [sys.argv[1:], os.getcwd(), dict(os.environ), umask, streams]
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"+"], streams)
    server.sendall(json.dumps(request).encode() + b"\\n")
    sys.exit(int(server.makefile().read() or 70))
"""


@dataclass(frozen=True)
class Shell:
    """A shell in the home of a Userctl, with its environment.

    Args:
        userctl: has the home and the environment.
        program: the program that acts as ``userctl``.
    """

    userctl: "Userctl"
    program: Path

    def run(
        self,
        text: str,
        *,
        shell: str = "bash",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a script and return how it ended, with what it wrote.

        Args:
            text: the script.
            shell: the shell that runs it.
            environment: all of its variables; None for those of the Userctl.
            folder: where it runs; None for the home.
        """
        variables = {**(self.userctl.cheap_environment if environment is None else environment)}
        variables["PATH"] = f"{self.program.parent}{os.pathsep}{variables['PATH']}"
        return subprocess.run(
            [shell, "-c", text],
            env=variables,
            cwd=folder or self.userctl.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def forking_program(folder: Path) -> Iterator[Path]:
    """Yield a program that acts as ``userctl``, but starts at once: the rest is forked.

    It has no terminal and no limits of its own, and signals do not reach the command.

    Args:
        folder: where the program and its socket lie; its path is short.
    """
    address, program = folder / "socket", folder / "userctl"
    program.write_text(CLIENT.format(python=sys.executable, address=str(address)))
    program.chmod(0o755)
    command = [sys.executable, "-P", __file__, str(address)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield program
        finally:
            server.kill()


def serve(address: str) -> NoReturn:
    """Fork a process for each connection, until killed."""
    import_module("tests.support.forking").import_everything()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    os.write(1, b"ready\n")
    while True:
        connection, _ = listener.accept()
        if not os.fork():
            # The grandchild runs the command, so that no zombie waits for this loop.
            if not os.fork():
                _run(connection)
            os._exit(0)
        os.wait()
        connection.close()


def _run(connection: socket.socket) -> None:
    """Run the command of a connection as the last thing that this process does."""
    code = 70
    try:
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        arguments, folder, environment, umask, numbers = json.loads(
            connection.makefile().readline()
        )
        _adopt_streams(dict(zip(numbers, streams, strict=True)))
        os.chdir(folder)
        os.umask(umask)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["userctl", *arguments]
        import_module("userctl.cli.app").main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        connection.sendall(str(code).encode())
        os._exit(code)


def _adopt_streams(streams: Mapping[int, int]) -> None:
    """Use the streams of the client in this process; a stream that it closed is closed."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if number not in streams:
            os.close(number)
            setattr(sys, name, None)
            continue
        os.dup2(streams[number], number)
        os.close(streams[number])
        file = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, file)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    serve(sys.argv[1])
