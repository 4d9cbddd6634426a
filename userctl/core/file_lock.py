"""One process at a time changes a file, or does some work."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

from userctl.core.errors import DatabaseBusy, InputOutputFailed
from userctl.core.secure_files import remove_temporary_files

LOCK_TIMEOUT_SECONDS = 60


@contextmanager
def try_file_lock(path: Path) -> Iterator[bool]:
    """Hold a lock file, and tell whether nobody else does; it is free when its holder dies.

    Raises:
        InputOutputFailed: if it cannot be made.
    """
    # It brings asyncio along, and few commands take a lock.
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
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing a file meanwhile; its folder must exist.

    Raises:
        DatabaseBusy: if another process holds it for too long.
        InputOutputFailed: if the lock cannot be made beside it.
    """
    # It brings asyncio along, and who only reads a file takes no lock.
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(path.with_name(f"{path.name}.lock"), mode=0o600)
    try:
        lock.acquire(timeout=LOCK_TIMEOUT_SECONDS)
    except Timeout:
        raise DatabaseBusy(f"Another process keeps {path} locked.") from None
    except OSError as error:
        raise InputOutputFailed(f"Cannot lock {path}: {error.strerror}.") from error
    try:
        # Nobody else is writing now.
        remove_temporary_files(path, before=inf)
        yield
    finally:
        lock.release()
