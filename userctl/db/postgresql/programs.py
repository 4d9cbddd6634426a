"""Runs programs of PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

from userctl.core.errors import DatabaseToolMissing
from userctl.db.postgresql.program_errors import describe_failure


class Program:
    """A running program, with its error output in a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", name: str, errors: IO[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        self._process = process
        self._name = name
        self._errors = errors

    def write(self, text: bytes) -> None:
        """Write to its input, at once."""
        self.input.write(text)
        self.input.flush()

    def ask(self, text: bytes, lines: int) -> list[str]:
        """Write to its input, and return the lines that it prints in answer.

        Raises:
            DatabaseToolFailed: if the program failed.
        """
        self.write(text)
        answer = [self.output.readline().decode().rstrip("\n") for _ in range(lines)]
        if not all(answer):
            self.finish()
        return answer

    def read(self, size: int) -> bytes:
        """Return that many bytes of its output, or fewer at its end."""
        return self.output.read(size)

    def finish(self) -> bytes:
        """Close the input, wait for the end, and return the rest of the output.

        Raises:
            DatabaseToolFailed: if the program failed.
        """
        with suppress(BrokenPipeError):
            self.input.close()
        output = self.output.read()
        if self._process.wait() != 0:
            self._errors.seek(0)
            raise describe_failure(self._name, self._errors.read())
        return output


@contextmanager
def start_program(
    command: list[str], environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Start a program, and end it with the block.

    Raises:
        DatabaseToolMissing: if it is not installed.
    """
    name, *arguments = command
    path = shutil.which(name)
    if path is None:
        raise DatabaseToolMissing(f"The PostgreSQL program {name} is not installed.")
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603
            [path, *arguments],
            env={**_inherited_environment(), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            yield Program(process, name, errors)
        finally:
            # Kill it before closing its pipes, which it could take for the end of its input.
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    pipe.close()  # type: ignore[union-attr]


def _inherited_environment() -> dict[str, str]:
    """Return the environment without our own settings, some of which are secret.

    The programs write their messages in English, so that they can be interpreted.
    """
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith("USERCTL_")
    }
    return {**environment, "LC_ALL": "C"}


def run_program(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program to its end, and return its output.

    Raises:
        DatabaseToolMissing, DatabaseToolFailed: as :func:`dump` does.
    """
    with start_program(command, environment) as program:
        return program.finish().decode(errors="replace")
