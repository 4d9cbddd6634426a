"""Locks on files, so that one process at a time changes a file or does a piece of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

from userctl.core.atomic_files import remove_temporary_files
from userctl.core.errors import DatabaseBusy, InputOutputFailed

LOCK_TIMEOUT_SECONDS = 60


@contextmanager
def try_file_lock(path: Path) -> Iterator[bool]:
    """Try to hold a lock file for the block, without waiting; yield whether that succeeded.

    The operating system releases the lock when its holder dies.

    Raises:
        InputOutputFailed: The lock file cannot be created.
    """
    # filelock imports asyncio, and few commands take a lock.
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise InputOutputFailed(f"Cannot lock {path}: {error.strerror}.") from error
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Keep other processes from changing a file during the block; its folder must exist.

    Raises:
        DatabaseBusy: Another process holds the lock for too long.
        InputOutputFailed: The lock file cannot be created beside it.
    """
    # filelock imports asyncio, and a command that only reads a file takes no lock.
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(path.with_name(f"{path.name}.lock"), mode=0o600)
    try:
        lock.acquire(timeout=LOCK_TIMEOUT_SECONDS)
    except Timeout:
        raise DatabaseBusy(f"Another process keeps {path} locked.") from None
    except OSError as error:
        raise InputOutputFailed(f"Cannot lock {path}: {error.strerror}.") from error
    try:
        # With the lock held, every temporary file of this path is a leftover.
        remove_temporary_files(path, before=inf)
        yield
    finally:
        lock.release()
