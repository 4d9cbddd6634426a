"""Files that are written atomically: a reader finds the old file or the new one, never a part.

The temporary file is written, given its mode and flushed through the descriptor that created it.
Another user who can write in the folder may replace its name, and gains nothing by that.
"""

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from userctl.core.errors import FileExists, InputOutputFailed, UnsafeFile
from userctl.core.folders import (
    open_folder,
    replacement_risk,
    require_trusted_folder,
    sync_folder,
)
from userctl.core.renaming import rename_unless_exists

TEMPORARY_SUFFIX = ".draft"
"""The end of the name of a temporary file."""

_TEMPORARY_NAME = re.compile(rf"\..+-[0-9a-f]{{12}}{re.escape(TEMPORARY_SUFFIX)}", re.DOTALL)
"""The names of temporary files of all paths: a backup has another name each day, and would not find
what the previous one left."""

ABANDONED_AFTER_SECONDS = 86_400
"""A temporary file of this age belongs to a process that was killed."""


def write_atomic(
    path: Path,
    pieces: Iterable[str],
    *,
    replace: bool,
    private: bool,
    folder_hint: str | None = None,
    errors: str = "strict",
) -> bool:
    """Write a file atomically.

    Args:
        path: The file; its folder must exist.
        pieces: Its content, one piece after the other.
        replace: Whether to overwrite an existing file.
        private: Whether only the owner may read it; otherwise the umask decides.
        folder_hint: What to do if others could replace files in its folder, which is an error then;
            None to write the file anyway.
        errors: The error handler for what UTF-8 cannot hold.

    Returns:
        False if the file exists and must not be overwritten.

    Raises:
        UnsafeFile: The path is not a regular file but, for example, a device.
        InputOutputFailed: The file cannot be written.
    """
    try:
        with _open_temporary_file(path, replace=replace, folder_hint=folder_hint) as temporary:
            with open(
                temporary.descriptor,
                "w",
                encoding="utf-8",
                errors=errors,
                newline="",
                closefd=False,
            ) as file:
                file.writelines(pieces)
            if not private:
                # A file system without modes refuses to change them, each with an error of its own.
                with suppress(OSError):
                    os.fchmod(temporary.descriptor, 0o666 & ~_read_umask())
    except FileExists:
        return False
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error
    return True


@contextmanager
def atomic_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """Yield an empty temporary file, which is moved into place when the block ends.

    This is for code that opens files by name, such as SQLite. Where others could replace that name,
    the file is in a private folder, and its content is copied at the end.

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
    with _open_temporary_file(path, replace=replace) as temporary:
        if replacement_risk(os.fstat(temporary.folder)) is None:
            yield path.parent / temporary.name
            return
        # Few calls need it, and it imports this module.
        from userctl.core.scratch_folder import scratch_folder  # noqa: PLC0415

        with scratch_folder(Path(tempfile.gettempdir()), "userctl-") as private:
            staged = private / path.name
            staged.touch(0o600)
            yield staged
            with (
                _report_write_errors(path),
                staged.open("rb") as source,
                open(temporary.descriptor, "wb", closefd=False) as target,
            ):
                shutil.copyfileobj(source, target, 2**20)


class _TemporaryFile(NamedTuple):
    """A temporary file: the descriptor of its folder, its name in there, its own descriptor."""

    folder: int
    name: str
    descriptor: int


@contextmanager
def _open_temporary_file(
    path: Path, *, replace: bool, folder_hint: str | None = None
) -> Iterator[_TemporaryFile]:
    """Yield a temporary file, which is moved into place when the block ends."""
    require_regular_file_or_none(path)
    with ExitStack() as stack:
        with _report_write_errors(path):
            folder = stack.enter_context(open_folder(path.parent))
            if folder_hint is not None:
                require_trusted_folder(path.parent, os.fstat(folder), hint=folder_hint)
            _remove_leftovers(folder, _TEMPORARY_NAME, before=time.time() - ABANDONED_AFTER_SECONDS)
            name = f"{temporary_prefix(path)}{os.urandom(6).hex()}{TEMPORARY_SUFFIX}"
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(name, flags, 0o600, dir_fd=folder)
            stack.callback(_unlink_by_prefix, folder, name)
            stack.callback(os.close, descriptor)
        yield _TemporaryFile(folder, name, descriptor)
        with _report_write_errors(path):
            os.fsync(descriptor)
            if not os.path.samestat(_status(folder, name), os.fstat(descriptor)):
                raise UnsafeFile(f"Another process replaced the temporary file of {path}.")
            if replace:
                os.rename(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
            else:
                rename_unless_exists(folder, name, path.name)
            sync_folder(folder)


@contextmanager
def _report_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise FileExists(f"{path} already exists.", hint="Pass --force to overwrite it.") from None
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error


def require_regular_file_or_none(path: Path) -> None:
    """Make sure that a path is free or a regular file, before a new file takes its place.

    Raises:
        UnsafeFile: The path is a device, a pipe or a folder.
    """
    if path.exists() and not path.is_file():
        raise UnsafeFile(f"{path} is not a regular file.", hint="Choose another path.")


def temporary_prefix(path: Path) -> str:
    """Return the beginning of the names of the temporary files of a path."""
    return f".{path.name}-"


def remove_temporary_files(path: Path, *, before: float) -> None:
    """Remove the temporary files that killed processes of this user left behind.

    Args:
        path: The file that they were meant to become.
        before: The latest time of modification, in seconds since the epoch.
    """
    with open_folder(path.parent) as folder:
        pattern = f"{re.escape(temporary_prefix(path))}.*{re.escape(TEMPORARY_SUFFIX)}"
        _remove_leftovers(folder, re.compile(pattern, re.DOTALL), before=before)


def _remove_leftovers(folder: int, pattern: re.Pattern[str], *, before: float) -> None:
    for name in os.listdir(folder):
        if pattern.match(name):
            with suppress(FileNotFoundError):
                status = _status(folder, name)
                ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
                if ours and status.st_mtime < before:
                    os.unlink(name, dir_fd=folder)


def _unlink_by_prefix(folder: int, prefix: str) -> None:
    for name in _list_by_prefix(folder, prefix):
        # What another user put there instead, such as a folder, is not ours to remove.
        with suppress(FileNotFoundError, IsADirectoryError, PermissionError):
            os.unlink(name, dir_fd=folder)


def _list_by_prefix(folder: int, prefix: str) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(prefix)]


def _status(folder: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _read_umask() -> int:
    # The only way to read the umask is to set it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
