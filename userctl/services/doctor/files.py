"""Checks of who can read or change the files that userctl trusts."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from glob import escape
from pathlib import Path

from userctl.config.paths import InstallationFiles
from userctl.core.atomic_files import ABANDONED_AFTER_SECONDS, TEMPORARY_SUFFIX
from userctl.services.doctor.finding import Finding, Status, ok


def modes(files: InstallationFiles) -> Iterable[Finding]:
    """Check the permissions and the owners of the files."""
    findings = [
        *_findings(files.secrets, forbidden=0o077, of_others="failure"),
        *_findings(files.database, forbidden=0o007),
        *_findings(files.trusted, forbidden=0o022),
        *_findings(filter(_lets_files_go, files.folders), forbidden=0o002),
    ]
    present = [p for p in (*files.secrets, *files.database, *files.trusted) if p.exists()]
    return findings or [ok(f"Files with correct owners and permissions: {len(present)}.")]


def leftovers(files: InstallationFiles) -> Iterable[Finding]:
    """Check for temporary files of killed processes."""
    before = time.time() - ABANDONED_AFTER_SECONDS
    found = [
        draft
        # The temporary file of a copy beside a file has a name that begins with its name.
        for path in (*files.secrets, *files.database[:1])
        for draft in path.parent.glob(f".{escape(path.name)}*{TEMPORARY_SUFFIX}*")
        if draft.is_file() and draft.stat().st_mtime < before
    ]
    return [
        Finding(
            "warning",
            f"{draft} is a leftover temporary file of a killed process.",
            "Remove it, or pass --fix.",
            draft.unlink,
        )
        for draft in found
    ] or [ok("No leftover temporary files.")]


def _lets_files_go(folder: Path) -> bool:
    """Tell whether everyone who can write into a folder can also remove the files of others."""
    return folder.is_dir() and not folder.stat().st_mode & stat.S_ISVTX


def _findings(
    paths: Iterable[Path], *, forbidden: int, of_others: Status = "warning"
) -> Iterator[Finding]:
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        mode = stat.S_IMODE(status.st_mode)
        if mode & forbidden:
            allowed = mode & ~forbidden
            yield Finding(
                "failure",
                f"{path} has mode {mode:04o}: other users can read or change it.",
                f"Run: chmod {allowed:04o} '{path}', or pass --fix.",
                lambda path=path, allowed=allowed: path.chmod(allowed),  # type: ignore[misc]
            )
        # Root may use the files of an application, but a secret must be its own.
        trusted = {os.geteuid()} if of_others == "failure" else {os.geteuid(), 0}
        if status.st_uid not in trusted and (os.geteuid() or of_others == "failure"):
            yield Finding(
                of_others,
                f"{path} belongs to uid {status.st_uid}, not to you.",
                "Run userctl as that user, or change the owner of the file.",
            )
