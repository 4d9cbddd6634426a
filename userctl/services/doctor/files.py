"""Checks that others cannot read or change the files that userctl trusts."""

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from glob import escape
from pathlib import Path

from userctl.core.atomic_files import (
    ABANDONED_AFTER_SECONDS,
    TEMPORARY_SUFFIX,
    temporary_prefix,
)
from userctl.core.folders import replacement_risk
from userctl.core.scratch_folder import abandoned_folders, remove_abandoned
from userctl.core.secure_files import forbidden_mode, trusted_owners
from userctl.services.doctor.finding import Finding, Status, ok
from userctl.services.doctor.installation import Installation


def modes(installation: Installation) -> Iterable[Finding]:
    """Check the permissions and the owners of the files."""
    files = installation.files
    findings = [
        *_check_secrets(files.secrets, mounted=False),
        *_check_secrets(files.mounted, mounted=True),
        *_check_modes(files.database[:1], forbidden=0o007),
        *_check_modes(files.database[1:], forbidden=0o007, fixable=not _is_link(files.database)),
        *_check_modes(files.trusted, forbidden=0o022),
        *_check_modes(filter(_lets_others_remove_files, files.folders), forbidden=0o002),
        *_check_folders_of_secrets([*files.secrets, *files.mounted]),
    ]
    present = [path for path in files.all if path.exists()]
    return findings or [ok(f"Files with correct owners and permissions: {len(present)}.")]


def leftovers(installation: Installation) -> Iterable[Finding]:
    """Check for temporary files of killed processes."""
    files = installation.files
    before = time.time() - ABANDONED_AFTER_SECONDS
    found = [
        (temporary, status)
        # The temporary file of a copy beside a file has a name that begins with its name.
        for path in (*files.secrets, *files.mounted, *files.database[:1])
        for temporary in path.parent.glob(f".{escape(path.name)}*{TEMPORARY_SUFFIX}*")
        if stat.S_ISREG((status := temporary.lstat()).st_mode) and status.st_mtime < before
    ]
    found += [
        (folder, folder.lstat())
        for path in files.database[:1]
        for folder in abandoned_folders(path.parent, temporary_prefix(path))
    ]
    return [_leftover_finding(*each) for each in found] or [ok("No leftover temporary files.")]


def _leftover_finding(temporary: Path, status: os.stat_result) -> Finding:
    kind = "folder" if stat.S_ISDIR(status.st_mode) else "file"
    message = f"{temporary} is a leftover temporary {kind} of a killed process."
    if status.st_uid != os.geteuid():
        return Finding("warning", message, f"Let its owner, uid {status.st_uid}, remove it.")
    return Finding("warning", message, "Remove it, or pass --fix.", lambda: _remove(temporary))


def _remove(temporary: Path) -> str:
    if not temporary.is_dir():
        temporary.unlink()
    elif not remove_abandoned(temporary):
        return f"{temporary} could not be removed."
    return f"Removed {temporary}."


def _is_link(database: Sequence[Path]) -> bool:
    """Tell whether a database is a symbolic link, so that files beside it may not be ours."""
    return bool(database) and database[0].is_symlink()


def _lets_others_remove_files(folder: Path) -> bool:
    """Tell whether those who can write to a folder can also remove files of others."""
    return folder.is_dir() and not folder.stat().st_mode & stat.S_ISVTX


def _check_folders_of_secrets(paths: Iterable[Path]) -> Iterator[Finding]:
    """Check that others cannot replace files that only their owner may read."""
    for path in filter(Path.exists, paths):
        folder = Path(os.path.realpath(path)).parent
        if reason := replacement_risk(folder.stat()):
            yield Finding(
                "warning",
                f"{folder} is not a safe place for {path.name}: {reason}.",
                "Move it to a folder that only you can write. For keys, set keyring_file.",
            )


def _check_secrets(paths: Iterable[Path], *, mounted: bool) -> Iterator[Finding]:
    for path in paths:
        if path.is_symlink() and not mounted:
            yield Finding("failure", f"{path} is a symbolic link.", "Move the file here.")
        elif path.exists():
            status = path.stat()
            yield from _check_mode(path, status, forbidden_mode(status, mounted=mounted))
            if status.st_uid not in trusted_owners(mounted=mounted):
                yield _foreign_owner("failure", path, status)


def _check_modes(
    paths: Iterable[Path], *, forbidden: int, fixable: bool = True
) -> Iterator[Finding]:
    for path in paths:
        if path.exists():
            status = path.stat()
            yield from _check_mode(path, status, forbidden, fixable=fixable)
            # Root may use the files of an application.
            if os.geteuid() and status.st_uid not in {os.geteuid(), 0}:
                yield _foreign_owner("warning", path, status)


def _check_mode(
    path: Path, status: os.stat_result, forbidden: int, *, fixable: bool = True
) -> Iterator[Finding]:
    mode = stat.S_IMODE(status.st_mode)
    if not mode & forbidden:
        return
    allowed = mode & ~forbidden
    message = f"{path} has mode {mode:04o}: other users can read or change it."
    if path.is_symlink() or not fixable:
        advice = f"A link leads to it. Run: chmod {allowed:04o} '{os.path.realpath(path)}'"
        yield Finding("failure", message, advice)
    elif status.st_uid != os.geteuid():
        advice = f"Let its owner, uid {status.st_uid}, run: chmod {allowed:04o} '{path}'"
        yield Finding("failure", message, advice)
    else:
        yield Finding(
            "failure",
            message,
            f"Run: chmod {allowed:04o} '{path}', or pass --fix.",
            lambda: _change_mode(path, status, allowed),
        )


def _change_mode(path: Path, seen: os.stat_result, mode: int) -> str:
    """Change the mode of the examined file, unless another file has replaced it."""
    before = stat.S_IMODE(seen.st_mode)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not os.path.samestat(os.fstat(descriptor), seen):
            return f"{path} was replaced in the meantime, and was not changed."
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
    return f"Changed the mode of {path} from {before:04o} to {mode:04o}."


def _foreign_owner(status: Status, path: Path, found: os.stat_result) -> Finding:
    return Finding(
        status,
        f"{path} belongs to uid {found.st_uid}, not to you.",
        "Run userctl as that user, or change the owner of the file.",
    )
