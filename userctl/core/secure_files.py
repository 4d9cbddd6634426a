"""Files that hold secrets: created for their owner alone, and read only if they stayed so."""

import os
import stat
from pathlib import Path

from userctl.core.atomic_files import write_atomic
from userctl.core.errors import InputOutputFailed, UnsafeFile
from userctl.core.text import strip_line_end

MAXIMUM_BYTES = 65_536

FileVersion = tuple[int, ...]
"""A value that differs if a file was replaced, written or given another mode."""


def file_version(path: Path) -> FileVersion | None:
    """Return the version of a file; None if it does not exist or cannot be found."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def read_private(path: Path, *, mounted: bool = False) -> str | None:
    """Return the text of a secret file, or None if it does not exist.

    Args:
        path: The file.
        mounted: Whether the operator or the system puts it there, as Kubernetes, Docker and systemd
            mount secrets: as a symbolic link, or owned by root and readable by a group.

    Raises:
        UnsafeFile: It is a symbolic link (unless mounted), belongs to another user, or others can
            access it.
        InputOutputFailed: It cannot be read.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags if mounted else flags | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise UnsafeFile(f"{path} is a symbolic link to nothing.") from error
        return None
    except OSError as error:
        if path.is_symlink() and not mounted:
            raise UnsafeFile(
                f"{path} is a symbolic link.", hint="Use the path that it points to."
            ) from error
        raise InputOutputFailed(f"Cannot read {path}: {error.strerror}.") from error
    try:
        _require_private(path, os.fstat(handle), mounted=mounted)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(MAXIMUM_BYTES + 1)
    finally:
        os.close(handle)
    try:
        if len(content) <= MAXIMUM_BYTES:
            # An editor may have written a byte order mark.
            return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise UnsafeFile(
        f"{path} is not a UTF-8 text of at most {MAXIMUM_BYTES} bytes.",
        hint="Check that it is the right file.",
    )


def read_secret(path: Path) -> str | None:
    """Return the secret in a file, which is its text without the last line ending.

    Raises:
        UnsafeFile, InputOutputFailed: as :func:`read_private` does for a mounted file.
    """
    text = read_private(path, mounted=True)
    return None if text is None else strip_line_end(text)


def forbidden_mode(status: os.stat_result, *, mounted: bool) -> int:
    """Return the bits that the mode of a secret file must not have.

    A mounted file of root may be read by its group, so that a service can be given access to it.
    This is PostgreSQL's rule for key files (libpq, "SSL client file usage").
    """
    return 0o037 if mounted and status.st_uid == 0 else 0o077


def trusted_owners(*, mounted: bool) -> set[int]:
    """Return the ids of the users who may own a secret file."""
    return {os.geteuid(), 0} if mounted else {os.geteuid()}


def _require_private(path: Path, status: os.stat_result, *, mounted: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFile(f"{path} is not a regular file.")
    if status.st_uid not in trusted_owners(mounted=mounted):
        raise UnsafeFile(f"{path} belongs to another user.", hint="Use a file that you own.")
    if excess := status.st_mode & forbidden_mode(status, mounted=mounted):
        mode = stat.S_IMODE(status.st_mode) & ~excess
        if status.st_uid == os.geteuid():
            hint = f"Run: chmod {mode:03o} '{path}'"
        else:
            hint = f"Mount it with mode 0440 or less, or let root run: chmod {mode:03o} '{path}'"
        raise UnsafeFile(f"{path} can be read or written by others.", hint=hint)


def write_private(
    path: Path,
    text: str,
    *,
    replace: bool = True,
    folder_hint: str = "Use a folder that only you can write.",
) -> bool:
    """Write a secret file atomically, as :func:`~userctl.core.atomic_files.write_atomic` does.

    Raises:
        UnsafeFile: Others could replace files in its folder.
    """
    return write_atomic(path, [text], replace=replace, private=True, folder_hint=folder_hint)


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
