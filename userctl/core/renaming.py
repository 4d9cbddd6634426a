"""Renaming to a name that must be free, on file systems with and without hard links."""

import errno
import os

_RENAME_NOREPLACE = 1
"""The flag of renameat2(2)."""

_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM})


def rename_unless_exists(folder: int, name: str, new_name: str) -> None:
    """Rename a file in a folder, unless the new name is taken.

    Of several processes that do so at once, one succeeds.

    Args:
        folder: The descriptor of the folder.
        name: The name of the file.
        new_name: Its new name.

    Raises:
        FileExistsError: The new name is taken.
        OSError: The file cannot be renamed.
    """
    try:
        os.link(name, new_name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # exFAT, SMB and others have no hard links, and do not agree on the error either.
        _rename_without_links(folder, name, new_name)
    else:
        os.unlink(name, dir_fd=folder)


def _rename_without_links(folder: int, name: str, new_name: str) -> None:
    try:
        _call_renameat2(folder, name, new_name)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        # Taking the name first makes sure that the file that is replaced is ours. Readers may see
        # it empty for a moment, and a process that is killed in between leaves it empty.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(new_name, flags, 0o600, dir_fd=folder))
        os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=folder)


def _call_renameat2(folder: int, name: str, new_name: str) -> None:
    # Few systems get here, and the import takes milliseconds.
    import ctypes  # noqa: PLC0415

    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    old, new = os.fsencode(name), os.fsencode(new_name)
    if function(folder, old, folder, new, _RENAME_NOREPLACE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), new_name)
