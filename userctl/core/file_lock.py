"""Locks on files, so that one process at a time changes a file or does a piece of work."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from math import inf
from pathlib import Path

from userctl.core.atomic_files import remove_temporary_files
from userctl.core.errors import DatabaseBusy, InputOutputFailed, UnsafeFile

LOCK_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.05

_NO_FLOCK = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EINVAL, errno.ENOLCK})
"""The errors of flock(2) on file systems that have no locks."""


@contextmanager
def try_file_lock(path: Path, *, of: Path) -> Iterator[bool]:
    """Try to hold a lock file for the block, without waiting; yield whether that succeeded.

    The operating system releases the lock when its holder dies.

    Args:
        path: The lock file.
        of: The file that it belongs to, all of whose users must be able to take the lock.

    Raises:
        InputOutputFailed: The lock file cannot be created.
        UnsafeFile: It is not a regular file.
    """
    with _lock(path, of, timeout=0) as locked:
        yield locked


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Keep other processes from changing a file during the block; its folder must exist.

    Raises:
        DatabaseBusy: Another process holds the lock for too long.
        InputOutputFailed: The lock file cannot be created beside it.
        UnsafeFile: The lock file is not a regular file.
    """
    name = path.with_name(f"{path.name}.lock")
    with _lock(name, path, timeout=LOCK_TIMEOUT_SECONDS) as locked:
        if not locked:
            raise DatabaseBusy(f"Another process keeps {path} locked.")
        # With the lock held, every temporary file of this path is a leftover.
        remove_temporary_files(path, before=inf)
        yield


@contextmanager
def _lock(path: Path, of: Path, *, timeout: float) -> Iterator[bool]:
    with ExitStack() as stack:
        try:
            descriptor = _acquire(path, of, time.monotonic() + timeout)
        except OSError as error:
            if error.errno not in _NO_FLOCK:
                raise InputOutputFailed(f"Cannot lock {path}: {error.strerror}.") from error
            locked = stack.enter_context(_lock_without_flock(path, timeout))
        else:
            locked = descriptor is not None
            if descriptor is not None:
                stack.callback(_unlock, descriptor)
        yield locked


def _acquire(path: Path, of: Path, end: float) -> int | None:
    """Return the descriptor that holds the lock, or None if another process keeps it."""
    while True:
        descriptor = _open(path, of)
        try:
            while not _try_flock(descriptor):
                if time.monotonic() >= end:
                    os.close(descriptor)
                    return None
                time.sleep(POLL_SECONDS)
            if _has_name(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # Meanwhile another process replaced it.
        os.close(descriptor)


def _try_flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    # A process that was forked meanwhile has the descriptor too, and the lock with it.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _has_name(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _open(path: Path, of: Path) -> int:
    """Open a lock file, and create it if needed, for everyone who may change the locked file."""
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = None
    while descriptor is None:
        try:
            descriptor = _create(path, of, flags)
        except FileExistsError:
            descriptor = _open_existing(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnsafeFile(f"{path} is not a regular file.", hint="Remove it.")
    return descriptor


def _create(path: Path, of: Path, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    # Root, or another member of a group, must not lock the other users of the file out for good.
    # A file system without owners or modes refuses to change them, each with an error of its own.
    with suppress(OSError):
        status = of.stat()
        os.fchown(descriptor, status.st_uid if os.geteuid() == 0 else -1, status.st_gid)
        os.fchmod(descriptor, 0o600 | stat.S_IMODE(status.st_mode) & 0o060)
    return descriptor


def _open_existing(path: Path, flags: int) -> int | None:
    # To lock a file it is enough to read it, except on some network shares.
    for access in (os.O_RDWR, os.O_RDONLY):
        try:
            return os.open(path, flags | access)
        except FileNotFoundError:
            return None
        except PermissionError:
            pass
        except OSError as error:
            if path.is_symlink():
                raise UnsafeFile(f"{path} is a symbolic link.", hint="Remove it.") from error
            raise
    # An older userctl left it, run by root or by another user of the locked file. It would be in
    # the way for good, and all who may change the locked file can open its replacement.
    try:
        path.unlink(missing_ok=True)
    except PermissionError as error:
        raise InputOutputFailed(
            f"Cannot open the lock file {path}, which belongs to uid {path.lstat().st_uid}.",
            hint=f"Let its owner run: rm '{path}'",
        ) from error
    return None


@contextmanager
def _lock_without_flock(path: Path, timeout: float) -> Iterator[bool]:
    """Lock by the existence of a file, where the file system has no locks."""
    # filelock imports asyncio, and few systems get here.
    from filelock import SoftFileLock, Timeout  # noqa: PLC0415

    lock = SoftFileLock(path.with_name(f"{path.name}-holder"), mode=0o600)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise InputOutputFailed(f"Cannot lock {path}: {error.strerror}.") from error
    try:
        yield True
    finally:
        lock.release()
