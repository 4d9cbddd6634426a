"""Files that are written atomically: a reader finds the old file or the new one, never a part."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from userctl.core.errors import FileExists, InputOutputFailed, UnsafeFile

TEMPORARY_SUFFIX = ".draft"
"""What the name of a temporary file ends with."""

ABANDONED_AFTER_SECONDS = 86_400
"""A temporary file of this age belongs to a process that was killed."""


def write_atomic(path: Path, pieces: Iterable[str], *, replace: bool, private: bool) -> bool:
    """Write a file atomically.

    Args:
        path: The file; its folder must exist.
        pieces: Its content, one piece after the other.
        replace: Whether to overwrite an existing file.
        private: Whether only the owner may read it; otherwise the umask decides.

    Returns:
        False if the file exists and must not be overwritten.

    Raises:
        UnsafeFile: The path is not a regular file but, for example, a device.
        InputOutputFailed: The file cannot be written.
    """
    try:
        with (
            atomic_file(path, replace=replace) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            file.writelines(pieces)
            if not private:
                os.fchmod(file.fileno(), 0o666 & ~_read_umask())
    except FileExists:
        return False
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error
    return True


@contextmanager
def atomic_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """Yield an empty temporary file, which is moved into place when the block ends.

    Only the owner can read it. If the block raises, it is removed, and so is every file whose name
    begins with its name (SQLite creates such files).

    Args:
        path: The final place; its folder must exist.
        replace: Whether to overwrite an existing file.

    Raises:
        FileExists: The file exists and must not be overwritten.
        UnsafeFile: The path is not a regular file but, for example, a device.
        InputOutputFailed: The file cannot be written.
    """
    require_regular_file_or_none(path)
    try:
        remove_temporary_files(path, before=time.time() - ABANDONED_AFTER_SECONDS)
        handle, name = tempfile.mkstemp(TEMPORARY_SUFFIX, temporary_prefix(path), path.parent)
        os.close(handle)
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error
    temporary = Path(name)
    try:
        yield temporary
        _move_into_place(temporary, path, replace=replace)
    finally:
        for leftover in path.parent.glob(f"{escape(temporary.name)}*"):
            leftover.unlink(missing_ok=True)


def require_regular_file_or_none(path: Path) -> None:
    """Make sure that a path is free or a regular file, before a new file takes its place.

    Raises:
        UnsafeFile: The path is a device, a pipe or a folder.
    """
    if path.exists() and not path.is_file():
        raise UnsafeFile(f"{path} is not a regular file.", hint="Choose another path.")


def temporary_prefix(path: Path) -> str:
    """Return what the names of the temporary files of a path begin with."""
    return f".{path.name}-"


def remove_temporary_files(path: Path, *, before: float) -> None:
    """Remove the temporary files that killed processes left behind.

    Args:
        path: The file that they were meant to become.
        before: The latest time of modification, in seconds since the epoch.
    """
    for leftover in path.parent.glob(f"{escape(temporary_prefix(path))}*{TEMPORARY_SUFFIX}*"):
        with suppress(FileNotFoundError):
            if leftover.stat().st_mtime < before:
                leftover.unlink()


def _read_umask() -> int:
    # The only way to read the umask is to set it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _move_into_place(temporary: Path, path: Path, *, replace: bool) -> None:
    try:
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            path.hardlink_to(temporary)
        _sync_folder(path.parent)
    except FileExistsError:
        raise FileExists(f"{path} already exists.", hint="Pass --force to overwrite it.") from None
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut, where the file system supports that."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
