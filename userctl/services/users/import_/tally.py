"""Counts what became of the records of an import."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from userctl.core.text import quote
from userctl.schemas.transfer import Reject
from userctl.services.users.import_.spool import Spool


@dataclass
class Tally:
    """The outcome so far; conflicts are records rejected because their users exist."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    conflicts: int = 0
    rejects: Spool[Reject] = field(default_factory=lambda: Spool(Reject._make))

    def reject(self, reasons: Sequence[Reject]) -> None:
        """Count a rejected record and keep the reasons."""
        self.rejected += 1
        self.rejects.append(reasons)

    def reject_repeated(self, line: int, email: str) -> None:
        """Count a record whose user an earlier record of the file has named."""
        reason = (
            f"{quote(email)} appears twice in the file. "
            "--keep-odd-addresses tells those apart who are disabled, or have no address."
        )
        self.reject([Reject(line, "email", reason)])

    def reject_existing(self, line: int, email: str, user_id: int | None) -> None:
        """Count a record whose user exists."""
        self.conflicts += 1
        self.reject([Reject(line, "email", f"{email} already exists (id {user_id}).")])
