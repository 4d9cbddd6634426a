"""Folders, and whether other users could replace the files in them."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from userctl.core.errors import UnsafeFile


@contextmanager
def open_folder(folder: Path) -> Iterator[int]:
    """Yield a descriptor of a folder, which stays the same even if its name is reused.

    Raises:
        OSError: It does not exist, or cannot be read.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_folder(folder: int) -> None:
    """Make a new name in a folder survive a power cut, where the file system supports that."""
    with suppress(OSError):
        os.fsync(folder)


def replacement_risk(status: os.stat_result) -> str | None:
    """Return why others could replace our files in a folder; None if only root could.

    Args:
        status: The status of the folder.
    """
    if status.st_uid not in {os.geteuid(), 0}:
        return f"it belongs to uid {status.st_uid}"
    # In a sticky folder, such as /tmp, a file is removed only by its owner and the folder's.
    if status.st_mode & stat.S_ISVTX:
        return None
    if status.st_mode & stat.S_IWOTH:
        return "everyone can write in it"
    if status.st_mode & stat.S_IWGRP and not _is_own_group(status.st_gid):
        return f"the group {status.st_gid} can write in it"
    return None


def require_trusted_folder(folder: Path, status: os.stat_result, *, hint: str | None) -> None:
    """Make sure that only we and root could replace a secret file in a folder.

    Args:
        folder: The folder, for the message.
        status: Its status.
        hint: What to do about it.

    Raises:
        UnsafeFile: Others could.
    """
    if reason := replacement_risk(status):
        raise UnsafeFile(f"{folder} is not a safe place for secrets: {reason}.", hint=hint)


def _is_own_group(group: int) -> bool:
    """Tell whether a group is the private group that most systems give each user."""
    try:
        user, members = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    own = user.pw_gid == group and members.gr_name == user.pw_name
    return own and set(members.gr_mem) <= {user.pw_name}
