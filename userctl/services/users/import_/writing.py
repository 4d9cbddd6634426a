"""Writes checked accounts, and settles what becomes of those that exist."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from userctl.core.errors import LastAdmin, TransactionConflict
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.transfer import OnConflict, Reject
from userctl.services.users.import_.records import Account
from userctl.services.users.import_.spool import Spool
from userctl.services.users.rules import end_sessions, require_admin_left

_COLUMNS = (
    "email",
    "name",
    "role",
    "hashed_password",
    "must_change_password",
    "disabled_at",
    "disabled_hash",
    "created_at",
    "updated_at",
)


@dataclass
class Tally:
    """What became of the records so far; conflicts are those rejected because they exist."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    conflicts: int = 0
    rejects: Spool[Reject] = field(default_factory=lambda: Spool(Reject._make))

    def reject(self, reasons: Sequence[Reject]) -> None:
        """Count a record and keep what is wrong with it."""
        self.rejected += 1
        self.rejects.append(reasons)

    def reject_existing(self, account: Account) -> None:
        """Count a record whose account exists."""
        self.conflicts += 1
        reason = f"There is an account with the address {account.email} already."
        self.reject([Reject(account.line, "email", reason)])


class Writer:
    """Writes the accounts of one import in one unit of work.

    Args:
        uow: the unit of work.
        on_conflict: what becomes of an account that exists.
        unmatchable: the hash of an account that cannot log in.
        now: the time of the import.
    """

    def __init__(
        self, uow: UnitOfWork, *, on_conflict: OnConflict, unmatchable: str, now: datetime
    ) -> None:
        self._uow = uow
        self._on_conflict = on_conflict
        self._unmatchable = unmatchable
        self._now = now
        self.tally = Tally()

    def write(self, accounts: Sequence[Account]) -> None:
        """Create accounts; look closer only where an address is taken."""
        if self._created(accounts):
            return
        emails = [account.email for account in accounts]
        present = {user.email: user for user in self._uow.users.lock_by_emails(emails)}
        new: dict[str, Account] = {}
        for account in accounts:
            user = present.get(account.email)
            # What this import has written already bears its time.
            if account.email in new or (user is not None and user.updated_at == self._now):
                reason = f"The address {account.email} stands in the file twice."
                self.tally.reject([Reject(account.line, "email", reason)])
            elif user is None:
                new[account.email] = account
            else:
                self._settle(account, user)
        if not self._created(list(new.values())):
            raise TransactionConflict("Somebody else created one of these accounts just now.")

    def _created(self, accounts: Sequence[Account]) -> bool:
        rows = [self._row(account) for account in accounts]
        if rows and not self._uow.users.add_all(_COLUMNS, rows):
            return False
        self.tally.created += len(rows)
        return True

    def _row(self, account: Account) -> tuple[Any, ...]:
        hashed = account.hashed_password or self._unmatchable
        disabled = account.status == "disabled"
        return (
            account.email,
            account.name,
            account.role or "user",
            self._unmatchable if disabled else hashed,
            # Where there is no password there is none to change.
            bool(account.must_change_password and account.hashed_password),
            self._now if disabled else None,
            hashed if disabled else None,
            account.created_at or self._now,
            self._now,
        )

    def _settle(self, account: Account, user: User) -> None:
        if self._on_conflict == "error":
            self.tally.reject_existing(account)
            return
        changes = self._changes(account, user) if self._on_conflict == "update" else {}
        if not changes:
            self.tally.skipped += 1
            return
        try:
            self._require_admin_left(user, changes)
        except LastAdmin as error:
            self.tally.reject([Reject(account.line, None, error.message)])
            return
        self._uow.users.change(user, self._now, **changes)
        ending = changes.keys() & {"role", "hashed_password", "disabled_hash"}
        if ending or changes.get("must_change_password"):
            end_sessions(self._uow, user, self._now)
        self.tally.updated += 1

    def _changes(self, account: Account, user: User) -> dict[str, Any]:
        """Return the columns in which an account differs from what the record says of it."""
        hashed = account.hashed_password or user.disabled_hash or user.hashed_password
        status = account.status or ("active" if user.disabled_at is None else "disabled")
        wanted: dict[str, Any] = {
            "name": account.name or user.name,
            "role": account.role or user.role,
            "hashed_password": hashed,
            "disabled_at": None,
            "disabled_hash": None,
        }
        if status == "disabled":
            wanted["hashed_password"] = self._unmatchable
            wanted["disabled_at"] = user.disabled_at or self._now
            wanted["disabled_hash"] = hashed
        if account.must_change_password is not None:
            wanted["must_change_password"] = account.must_change_password
        return {name: value for name, value in wanted.items() if value != getattr(user, name)}

    def _require_admin_left(self, user: User, changes: dict[str, Any]) -> None:
        leaves = changes.get("role", "admin") != "admin" or changes.get("disabled_at") is not None
        if user.role == "admin" and user.disabled_at is None and leaves:
            require_admin_left(self._uow.users.lock_active_admins(), {user.id})
