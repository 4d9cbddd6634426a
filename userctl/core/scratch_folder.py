"""Temporary folders that do not stay for good if their process is killed.

A process holds a lock on its folder. The lock ends with the process, so that the next one that
makes such a folder can tell which ones are left over.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from userctl.core.atomic_files import ABANDONED_AFTER_SECONDS, TEMPORARY_SUFFIX


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a new folder that only its owner can read; it is removed when the block ends.

    Args:
        parent: Where to make it. Leftovers of killed processes of this user are removed first.
        prefix: The beginning of its name.
    """
    for leftover in abandoned_folders(parent, prefix):
        remove_abandoned(leftover)
    folder, descriptor = _create_locked_folder(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def abandoned_folders(parent: Path, prefix: str) -> list[Path]:
    """Return the folders that killed processes left, those of other users too."""
    folders = parent.glob(f"{escape(prefix)}*{TEMPORARY_SUFFIX}")
    return [path for path in folders if _is_abandoned(path)]


def remove_abandoned(folder: Path) -> bool:
    """Remove a folder that a killed process of this user left, and tell whether it is gone."""
    descriptor = _lock(folder)
    if descriptor is not None:
        if os.fstat(descriptor).st_uid == os.geteuid():
            # No link in it is followed.
            shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
    return not folder.exists()


def _is_abandoned(path: Path) -> bool:
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
        descriptor = _lock(path) if is_folder else None
    except PermissionError:
        # It belongs to another user, so its lock cannot be tried.
        return _is_old(path.lstat())
    except FileNotFoundError:
        return False
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _create_locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """Create a folder, and return it with the descriptor that holds its lock."""
    while True:
        folder = Path(tempfile.mkdtemp(TEMPORARY_SUFFIX, prefix, parent))
        try:
            descriptor = _lock(folder, is_new=True)
        except FileNotFoundError:
            continue
        # Before it was locked, another process may have found it abandoned.
        if descriptor is not None:
            return folder, descriptor


def _lock(folder: Path, *, is_new: bool = False) -> int | None:
    """Return a descriptor that holds the lock of a folder; None if another process holds it.

    Args:
        folder: The folder.
        is_new: Wait for the lock, and take the folder even if the file system has no locks.

    Raises:
        FileNotFoundError, PermissionError: It cannot be opened.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder, flags)
    status = os.fstat(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if is_new else fcntl.LOCK_EX | fcntl.LOCK_NB)
        locked = True
    except BlockingIOError:
        locked = False
    except OSError:
        locked = is_new or _is_old(status)
    if locked and folder.exists() and os.path.samestat(folder.lstat(), status):
        return descriptor
    os.close(descriptor)
    return None


def _is_old(status: os.stat_result) -> bool:
    return status.st_mtime < time.time() - ABANDONED_AFTER_SECONDS
