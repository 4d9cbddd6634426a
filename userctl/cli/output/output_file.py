"""Writes the output files of commands, but never over files of the installation."""

from collections.abc import Iterable
from pathlib import Path

from userctl.cli.output.render import write
from userctl.config.paths import InstallationFiles
from userctl.core.atomic_files import require_regular_file_or_none, write_atomic
from userctl.core.errors import FileExists, InputOutputFailed, InvalidInput
from userctl.formats.file_format import STREAM

_SQLITE_MAGIC = b"SQLite format 3\0"


def write_output(
    file: Path,
    texts: Iterable[str],
    *,
    files: InstallationFiles,
    force: bool,
    private: bool,
    errors: str = "strict",
) -> None:
    """Write texts to standard output, or atomically to a file.

    Args:
        file: the file, or ``-`` for standard output.
        texts: what to write; iterated only once it is clear that the file may be written.
        files: the files of the installation.
        force: whether to replace an existing file.
        private: whether only the owner may read the file.
        errors: the error handler for what UTF-8 cannot hold.

    Raises:
        InvalidInput: if the file belongs to the installation, or is a database.
        FileExists: if the file exists and is not to be replaced.
        InputOutputFailed: if it cannot be written.
    """
    if file == STREAM:
        for text in texts:
            write(text)
        return
    require_safe_output(file, files)
    if (file.exists() and not force) or not write_atomic(
        file, texts, replace=force, private=private, errors=errors
    ):
        raise FileExists(f"{file} already exists.", hint="Pass --force to replace it.")


def require_safe_output(file: Path, files: InstallationFiles) -> None:
    """Make sure that a file can be written without losing anything of value.

    Raises:
        InvalidInput: if it belongs to the installation, or is a database.
        UnsafeFile: if it is not a regular file.
        InputOutputFailed: if its folder does not exist.
    """
    files.require_outside(file)
    require_regular_file_or_none(file)
    if not file.parent.is_dir():
        raise InputOutputFailed(f"The folder {file.parent} does not exist.")
    if _is_database(file):
        # It may be another profile's.
        raise InvalidInput(f"{file} is an SQLite database.", hint="Choose another file.")


def _is_database(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    except OSError:
        return False
