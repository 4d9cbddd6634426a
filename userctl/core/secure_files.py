"""Files that hold a secret: made for their owner alone, and read only if they stayed so."""

import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from userctl.core.errors import FileExists, InputOutputFailed, UnsafeFile

MAXIMUM_BYTES = 65_536

DRAFT = ".draft"
"""What the name of a file ends with while it is being written."""

FORGOTTEN_SECONDS = 86_400
"""After how long whoever was writing a draft has surely been killed."""


def read_private(path: Path) -> str | None:
    """Return the text of a secret file, or None if there is none.

    Raises:
        UnsafeFile: if it is a symbolic link, somebody else's, or open to others.
        InputOutputFailed: if it cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if path.is_symlink():
            raise UnsafeFile(f"{path} is a symbolic link.", hint="Name the file itself.") from error
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
    raise UnsafeFile(f"{path} does not hold what it should.", hint="Look at the file.")


def read_secret(path: Path) -> str | None:
    """Return the secret that a file holds: its text without the last line ending.

    Raises:
        UnsafeFile, InputOutputFailed: as :func:`read_private` does.
    """
    text = read_private(path)
    return None if text is None else text.removesuffix("\n").removesuffix("\r")


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFile(f"{path} is not a regular file.")
    if status.st_uid != os.geteuid():
        raise UnsafeFile(f"{path} belongs to another user.", hint="Use a file of your own.")
    if status.st_mode & 0o077:
        raise UnsafeFile(
            f"{path} can be read or written by others.", hint=f"Run: chmod 600 '{path}'"
        )


def write_private(path: Path, text: str, *, replace: bool = True) -> bool:
    """Write a secret file, as :func:`write_atomic` does."""
    return write_atomic(path, [text], replace=replace, private=True)


def write_atomic(path: Path, pieces: Iterable[str], *, replace: bool, private: bool) -> bool:
    """Write a file so that a reader finds the old text or the new, never a part.

    Args:
        path: the file; its folder must exist.
        pieces: what it shall hold, one after the other.
        replace: whether a file that is there gives way.
        private: whether it is for its owner alone; else the umask says who may read it.

    Returns:
        False if there is a file and it does not give way.

    Raises:
        UnsafeFile: if there is something else than a file, such as a device.
        InputOutputFailed: if the disk or the folder accept no file.
    """
    try:
        with (
            atomic_file(path, replace=replace) as draft,
            draft.open("w", encoding="utf-8", newline="") as file,
        ):
            file.writelines(pieces)
            if not private:
                os.fchmod(file.fileno(), 0o666 & ~_umask())
    except FileExists:
        return False
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error
    return True


@contextmanager
def atomic_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """Yield an empty file for its owner alone, which takes its place when it has been written.

    So a reader finds the old file or the new one, never a part, whenever we are killed. If the
    block raises, what it wrote is removed, and what else has a name that begins so.

    Args:
        path: the place; its folder must exist.
        replace: whether a file that is there gives way.

    Raises:
        FileExists: if there is a file and it does not give way.
        UnsafeFile: if there is something else than a file, such as a device.
        InputOutputFailed: if the disk or the folder accept no file.
    """
    require_file_or_nothing(path)
    try:
        remove_temporary_files(path, before=time.time() - FORGOTTEN_SECONDS)
        handle, name = tempfile.mkstemp(DRAFT, temporary_prefix(path), path.parent)
        os.close(handle)
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error
    draft = Path(name)
    try:
        yield draft
        _put(draft, path, replace=replace)
    finally:
        for leftover in path.parent.glob(f"{escape(draft.name)}*"):
            leftover.unlink(missing_ok=True)


def require_file_or_nothing(path: Path) -> None:
    """Make sure that a new file can take a place without pushing aside what is no file.

    Raises:
        UnsafeFile: if there is a device, a pipe or a folder.
    """
    if path.exists() and not path.is_file():
        raise UnsafeFile(f"{path} is not a regular file.", hint="Name another one.")


def _umask() -> int:
    # There is no way to ask for it but to set it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def temporary_prefix(path: Path) -> str:
    """Return what the name of a file begins with while it is being written."""
    return f".{path.name}-"


def remove_temporary_files(path: Path, *, before: float) -> None:
    """Remove what writers of a file left behind that were killed.

    Args:
        path: the file.
        before: when they last wrote at the latest, in seconds since the epoch.
    """
    for draft in path.parent.glob(f"{escape(temporary_prefix(path))}*{DRAFT}*"):
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < before:
                draft.unlink()


def _put(draft: Path, path: Path, *, replace: bool) -> None:
    try:
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
        sync_folder(path.parent)
    except FileExistsError:
        raise FileExists(
            f"There is a file {path} already.", hint="Give --force to replace it."
        ) from None
    except OSError as error:
        raise InputOutputFailed(f"Cannot write {path}: {error.strerror}.") from error


def sync_folder(folder: Path) -> None:
    """Make sure that a new name in a folder outlives a power cut, where the system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def create_private_folder(folder: Path) -> None:
    """Create a folder for its owner alone, unless it is there.

    Raises:
        UnsafeFile: if it is there and others could put their files in the place of ours.
        InputOutputFailed: if it cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise InputOutputFailed(f"Cannot create {folder}: {error.strerror}.") from error
    if status.st_uid != os.geteuid():
        raise UnsafeFile(f"{folder} belongs to another user.", hint="Use a folder of your own.")
    if status.st_mode & 0o022:
        raise UnsafeFile(f"{folder} can be written by others.", hint=f"Run: chmod 700 '{folder}'")
