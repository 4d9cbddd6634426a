"""Writes the file that a command was asked for, unless it exists."""

from collections.abc import Iterable
from pathlib import Path

from userctl.cli.output.render import write
from userctl.core.atomic_files import require_regular_file_or_none, write_atomic
from userctl.core.errors import FileExists
from userctl.formats.file_format import STREAM


def write_new(file: Path, texts: Iterable[str], *, force: bool, private: bool) -> None:
    """Write texts to standard output, or atomically to a file.

    Args:
        file: the file, or ``-`` for standard output.
        texts: what to write; iterated only once it is clear that the file may be written.
        force: whether to replace an existing file.
        private: whether only the owner may read the file.

    Raises:
        FileExists: if the file exists and is not to be replaced.
        InputOutputFailed: if it cannot be written.
    """
    if file == STREAM:
        for text in texts:
            write(text)
        return
    require_regular_file_or_none(file)
    if (file.exists() and not force) or not write_atomic(
        file, texts, replace=force, private=private
    ):
        raise FileExists(f"{file} already exists.", hint="Pass --force to replace it.")
