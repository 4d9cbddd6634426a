"""Files that hold secrets: created for their owner alone, and read only if they stayed so."""

import os
import stat
from pathlib import Path

from userctl.core.atomic_files import write_atomic
from userctl.core.errors import InputOutputFailed, UnsafeFile

MAXIMUM_BYTES = 65_536


def read_private(path: Path) -> str | None:
    """Return the text of a secret file, or None if it does not exist.

    Raises:
        UnsafeFile: It is a symbolic link, belongs to another user, or others can access it.
        InputOutputFailed: It cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if path.is_symlink():
            raise UnsafeFile(
                f"{path} is a symbolic link.", hint="Use the path that it points to."
            ) from error
        raise InputOutputFailed(f"Cannot read {path}: {error.strerror}.") from error
    try:
        _require_private(path, os.fstat(handle))
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(MAXIMUM_BYTES + 1)
    finally:
        os.close(handle)
    try:
        if len(content) <= MAXIMUM_BYTES:
            return content.decode()
    except UnicodeDecodeError:
        pass
    raise UnsafeFile(
        f"{path} is not a UTF-8 text of at most {MAXIMUM_BYTES} bytes.",
        hint="Check that it is the right file.",
    )


def read_secret(path: Path) -> str | None:
    """Return the secret in a file, which is its text without the last line ending.

    Raises:
        UnsafeFile, InputOutputFailed: as :func:`read_private` does.
    """
    text = read_private(path)
    return None if text is None else text.removesuffix("\n").removesuffix("\r")


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFile(f"{path} is not a regular file.")
    if status.st_uid != os.geteuid():
        raise UnsafeFile(f"{path} belongs to another user.", hint="Use a file that you own.")
    if status.st_mode & 0o077:
        raise UnsafeFile(
            f"{path} can be read or written by others.", hint=f"Run: chmod 600 '{path}'"
        )


def write_private(path: Path, text: str, *, replace: bool = True) -> bool:
    """Write a secret file atomically, as :func:`~userctl.core.atomic_files.write_atomic` does."""
    return write_atomic(path, [text], replace=replace, private=True)


def create_private_folder(folder: Path) -> None:
    """Create a folder that only its owner can use, unless it exists.

    Raises:
        UnsafeFile: It exists, and others could replace the files in it.
        InputOutputFailed: It cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise InputOutputFailed(f"Cannot create {folder}: {error.strerror}.") from error
    if status.st_uid != os.geteuid():
        raise UnsafeFile(f"{folder} belongs to another user.", hint="Use a folder that you own.")
    if status.st_mode & 0o022:
        raise UnsafeFile(f"{folder} can be written by others.", hint=f"Run: chmod 700 '{folder}'")
