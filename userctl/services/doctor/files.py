"""Whether others can read or change the files that userctl trusts."""

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from userctl.private_files import DRAFT, FORGOTTEN_SECONDS
from userctl.services.doctor.finding import Finding, Status, ok


@dataclass(frozen=True)
class Files:
    """The files of an installation, there or not.

    Args:
        secrets: those that are for their owner alone.
        shared: those that an application may share by its group.
        trusted: those that others may read but not write.
        folders: those in which only the owner and the group may put files in the place of others.
    """

    secrets: Sequence[Path]
    shared: Sequence[Path]
    trusted: Sequence[Path]
    folders: Sequence[Path]

    def modes(self) -> Iterable[Finding]:
        """Check who may read and write them, and whose they are."""
        findings = [
            *_findings(self.secrets, forbidden=0o077, of_others="failure"),
            *_findings(self.shared, forbidden=0o007),
            *_findings(self.trusted, forbidden=0o022),
            *_findings(filter(_lets_files_go, self.folders), forbidden=0o002),
        ]
        there = [path for path in (*self.secrets, *self.shared, *self.trusted) if path.exists()]
        return findings or [ok(f"Files that are closed to others: {len(there)}.")]

    def leftovers(self) -> Iterable[Finding]:
        """Check for what writers left behind that were killed."""
        before = time.time() - FORGOTTEN_SECONDS
        found = [
            draft
            # Those of copies beside a file have a name that begins with its name.
            for path in (*self.secrets, *self.shared[:1])
            for draft in path.parent.glob(f".{escape(path.name)}*{DRAFT}*")
            if draft.is_file() and draft.stat().st_mtime < before
        ]
        if not found:
            return [ok("Nobody who was killed left a file behind.")]
        return [
            Finding(
                "warning",
                f"{draft} was left behind by somebody who was killed.",
                "Remove it, or give --fix.",
                draft.unlink,
            )
            for draft in found
        ]


def _lets_files_go(folder: Path) -> bool:
    """Tell whether everybody who may write into a folder may also remove the files of others."""
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
                f"{path} has mode {mode:04o}: others can read or change it.",
                f"Run: chmod {allowed:04o} '{path}', or give --fix.",
                lambda path=path, allowed=allowed: path.chmod(allowed),  # type: ignore[misc]
            )
        # Root may use what belongs to an application, but a secret has to be one's own.
        trusted = {os.geteuid()} if of_others == "failure" else {os.geteuid(), 0}
        if status.st_uid not in trusted and (os.geteuid() or of_others == "failure"):
            yield Finding(
                of_others,
                f"{path} belongs to the user with the number {status.st_uid}, not to you.",
                "Run userctl as that user, or give the file to yours.",
            )
