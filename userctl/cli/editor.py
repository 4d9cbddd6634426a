"""Lets a person edit a text with the editor of the environment, as git does."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

from userctl.cli.errors import TERMINATED, Terminated
from userctl.cli.output.render import is_terminal, write_error
from userctl.cli.signals import defer_signals, wake_at_signals
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.core.secure_files import write_private
from userctl.core.text import escape_invisible

_STANDARD_ERROR = 2


def editor_command(environ: Mapping[str, str] = os.environ) -> str:
    """Return the command of the editor, which a shell runs.

    Raises:
        InvalidInput: if the environment names none.
    """
    command = environ.get("VISUAL", "").strip() or environ.get("EDITOR", "").strip()
    if not command:
        raise InvalidInput(
            "No editor is chosen.", hint="Set VISUAL or EDITOR to its command, such as 'vi'."
        )
    return command


class EditedText:
    """A text in a file that only its owner can read, removed at the end.

    If the edit ends with an error, a changed text is kept and its path is reported.

    Args:
        command: the command of the editor.
        text: the text.
        name: the name of the file, which tells editors the format.
    """

    def __init__(self, command: str, text: str, name: str) -> None:
        self._command = command
        self._original = text
        self._name = name

    def __enter__(self) -> Self:
        """Write the file, in a folder of its own for what editors put beside it."""
        try:
            self._folder = Path(mkdtemp(prefix="userctl-edit-"))
        except OSError as error:
            raise InputOutputFailed(f"Cannot create a file to edit: {error.strerror}.") from error
        self.path = self._folder / self._name
        try:
            self.write(self._original)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Remove the file, unless work would be lost."""
        if error is None or self._content().strip() in {b"", self._original.strip().encode()}:
            self._remove()
        else:
            self.path.chmod(0o600)
            write_error(f"Your text is kept in {escape_invisible(str(self.path))}")

    def write(self, text: str) -> None:
        """Replace the text."""
        write_private(self.path, text)

    def edit(self) -> bool:
        """Run the editor, and return whether it changed the text.

        Raises:
            InvalidInput: if the editor fails.
        """
        before = self._content()
        status = self._run()
        if status:
            raise InvalidInput(
                f"The editor {escape_invisible(self._command)!r} failed with exit code {status}; "
                "nothing was changed.",
                hint="VISUAL or EDITOR names it.",
            )
        return self._content() != before

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of the text, or not even the file."""
        return not self._content().strip()

    def _run(self) -> int:
        """Return the exit code of the editor, which has the terminal to itself."""
        # Ctrl-C is a command to the editor. It does not inherit a handler, as it would SIG_IGN.
        previous = signal.signal(signal.SIGINT, lambda _number, _frame: None)
        editor = None
        try:
            # A signal while the editor starts must not leave it running.
            with defer_signals() as stop:
                editor = subprocess.Popen(  # noqa: S603
                    ["/bin/sh", "-c", f'{self._command} "$1"', "sh", str(self.path)],
                    # Standard output is for what the command prints.
                    stdout=None if is_terminal() else _STANDARD_ERROR,
                )
            if stop.exit_code == TERMINATED:
                raise Terminated
            with wake_at_signals():
                return editor.wait()
        except BaseException:
            if editor is not None:
                editor.terminate()
                editor.wait()
            raise
        finally:
            signal.signal(signal.SIGINT, previous)

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError:
            return b""

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
