"""Counts the outcomes of the records of an import."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from userctl.core.text import quote
from userctl.schemas.transfer import Reject, RejectedRecord
from userctl.services.users.import_.records import ImportedUser
from userctl.services.users.import_.spool import Spool


@dataclass
class Tally:
    """The outcome so far; conflicts are records rejected because their users exist."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    conflicts: int = 0
    rejects: Spool[RejectedRecord] = field(default_factory=lambda: Spool(RejectedRecord._make))

    def reject(self, reasons: Sequence[Reject], source: Any) -> None:
        """Count a rejected record and keep it with the reasons."""
        self.rejected += 1
        self.rejects.append([RejectedRecord(reasons[0].line, reasons, source)])

    def reject_user(self, user: ImportedUser, field: str | None, reason: str) -> None:
        """Count a record that was rejected because of other users."""
        self.reject([Reject(user.line, field, reason)], user.source)

    def reject_repeated(self, user: ImportedUser) -> None:
        """Count a record whose user already occurred in the file."""
        reason = (
            f"{quote(user.email)} appears twice in the file. "
            "--keep-odd-addresses numbers users who are disabled or have no address."
        )
        self.reject_user(user, "email", reason)

    def reject_existing(self, user: ImportedUser, user_id: int | None) -> None:
        """Count a record whose user exists."""
        self.conflicts += 1
        self.reject_user(user, "email", f"{user.email} already exists (id {user_id}).")
