"""Shows long texts on a terminal with the pager of the environment, as git does."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import TextIOWrapper

_OPTIONS = {"LESS": "FRX", "LV": "-c"}
"""The options of pagers unless the environment sets others: exit at once if the text fits on the
screen, pass colors through, and do not clear the screen."""

_PIPE_BYTES = 65_536
"""How much a pipe holds, at least, before anything reads it."""

_ENDED_BY_SIGNAL = 128
"""From this exit code on, a shell reports a program that a signal ended."""


def pager_command(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the command of the pager; None if the environment wants none or has none."""
    command = environ.get("PAGER", "less").strip()
    if command in {"", "cat"} or environ.get("TERM", "") in {"", "dumb", "unknown"}:
        return None
    first = command.split()[0]
    # A command that sets a variable first is left to the shell.
    return command if "=" in first or shutil.which(first, path=environ.get("PATH")) else None


@contextmanager
def page_output(command: str, write: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Show a text on the terminal, with a pager if it is longer than the screen.

    Args:
        command: the command of the pager, which a shell runs.
        write: writes what fits on the screen.

    Yields:
        A function that writes a part of the text. It raises BrokenPipeError if the reader quit the
        pager.
    """
    text = _PagedText(command, write)
    try:
        yield text.write
    except KeyboardInterrupt:
        text.was_interrupted = True
        raise
    finally:
        text.end()


class _PagedText:
    def __init__(self, command: str, write: Callable[[str], None]) -> None:
        self._command = command
        self._write = write
        self._buffer = ""
        self.was_interrupted = False
        self._needs_pager = True
        self._pager: subprocess.Popen[bytes] | None = None
        self._pipe: _PagerPipe | None = None
        self._stderr = sys.stderr

    def write(self, text: str) -> None:
        """Write to the pager, or keep what may still fit on the screen."""
        if not self._needs_pager:
            self._write(text)
            return
        if self._pipe is None:
            self._buffer += text
            # The prompt of the shell needs a line too.
            if self._buffer.count("\n") < shutil.get_terminal_size().lines:
                return
            text, self._buffer = self._buffer, ""
            self._pipe = self._start()
        try:
            self._pipe.write(text)
            self._pipe.flush()
        except BrokenPipeError:
            self.end()
            if self._needs_pager:
                raise

    def end(self) -> None:
        """Write what fits on the screen, or wait for the pager and replace one that failed."""
        if self._pager is None or self._pipe is None:
            self._write(self._buffer)
            return
        pipe, self._pipe, self._buffer = self._pipe, None, ""
        sys.stderr = self._stderr
        if self._wait_failed(self._pager, pipe) and pipe.text is not None:
            self._needs_pager = False
            self._write(pipe.text)

    def _wait_failed(self, pager: "subprocess.Popen[bytes]", pipe: TextIOWrapper) -> bool:
        """Wait for the pager, and return whether anything but the reader ended it."""
        # Ctrl-C is a command to the pager, which may continue.
        previous = signal.signal(signal.SIGINT, self._record_interrupt)
        try:
            with suppress(BrokenPipeError):
                pipe.close()
            code = pager.wait()
        except BaseException:
            pager.terminate()
            raise
        finally:
            signal.signal(signal.SIGINT, previous)
        return 0 < code < _ENDED_BY_SIGNAL and not self.was_interrupted

    def _record_interrupt(self, _number: int, _frame: object) -> None:
        self.was_interrupted = True

    def _start(self) -> "_PagerPipe":
        self._pager = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", self._command],
            stdin=subprocess.PIPE,
            env={**_OPTIONS, **os.environ},
        )
        assert self._pager.stdin is not None
        pipe = _PagerPipe(self._pager.stdin, sys.stdout.encoding, errors="backslashreplace")
        if sys.stderr is not None and sys.stderr.isatty():
            # Messages would otherwise be written over the pager's screen.
            sys.stderr = pipe
        return pipe


class _PagerPipe(TextIOWrapper):
    """The standard input of a pager.

    Attributes:
        text: all that was written, as long as the pager may have read none of it.
    """

    text: str | None = ""

    def write(self, text: str) -> int:
        """Write to the pager."""
        if self.text is not None:
            self.text = None if len(self.text) > _PIPE_BYTES else self.text + text
        return super().write(text)
