"""Files that a command writes, unless they are there already."""

from collections.abc import Iterable
from pathlib import Path

from userctl.cli.output.render import write
from userctl.core.atomic_files import require_regular_file_or_none, write_atomic
from userctl.core.errors import FileExists
from userctl.formats.reader import STREAM


def write_new(file: Path, texts: Iterable[str], *, force: bool, private: bool) -> None:
    """Write texts to standard output, or to a file as a whole.

    Args:
        file: where to.
        texts: what to write; nothing of it is made before it is clear that it may be written.
        force: whether to replace a file that exists.
        private: whether nobody else may read the file.

    Raises:
        FileExists: if there is a file that shall not be replaced.
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
        raise FileExists(f"There is a file {file} already.", hint="Give --force to replace it.")
