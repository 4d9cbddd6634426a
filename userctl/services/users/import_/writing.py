"""Writes parsed users, and resolves conflicts with existing users."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

from userctl.core.errors import LastAdmin, TransactionConflict
from userctl.core.stand_in_hash import is_stand_in
from userctl.db.transaction.unit_of_work import EventParts, UnitOfWork
from userctl.models import User
from userctl.models.own_hash import (
    hash_columns,
    own_hash,
    waits_as_foreign,
)
from userctl.schemas.transfer import OnConflict
from userctl.schemas.user_fields import PLAIN_FIELDS
from userctl.services.users.admins import lock_admins, require_admin_left
from userctl.services.users.import_.events import creation_events, update_events
from userctl.services.users.import_.records import ImportedUser
from userctl.services.users.import_.repeated_emails import reject_repeated
from userctl.services.users.import_.spool import Spool
from userctl.services.users.import_.tally import Tally
from userctl.services.users.imported_hash import imported_hash_columns
from userctl.services.users.rules import disabled_since, end_sessions

_RULED_COLUMNS = (
    "email",
    "role",
    "hashed_password",
    "must_change_password",
    "disabled_at",
    "disabled_hash",
    "foreign_hash",
    "created_at",
    "updated_at",
)


class Writer:
    """Writes the users of one import in one unit of work.

    Args:
        uow: the unit of work.
        on_conflict: what to do with a user that exists.
        unmatchable: the hash of a user who cannot log in.
        now: the time of the import.
        repeated: the hashes of all addresses that occur in the file more than once.
        named: the addresses of records that were dropped before.
        via: the use case that creates users, for the audit trail.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        *,
        on_conflict: OnConflict,
        unmatchable: str,
        now: datetime,
        repeated: Set[int],
        named: Set[str],
        via: str = "import",
    ) -> None:
        self._uow = uow
        self._on_conflict = on_conflict
        self._unmatchable = unmatchable
        self._now = now
        self._repeated = repeated
        self._named = set(named)
        self._via = via
        self.tally = Tally()

        self.events: Spool[EventParts] = Spool(tuple)

    def write(self, users: Sequence[ImportedUser]) -> None:
        """Create users; look for conflicts only if an address is in use."""
        users = reject_repeated(users, self._repeated, self._named, self.tally)
        if self._insert(users):
            return
        emails = [user.email for user in users]
        present = {user.email: user for user in self._uow.users.lock_by_emails(emails)}
        for user in users:
            if (existing := present.get(user.email)) is not None:
                self._resolve_conflict(user, existing)
        if not self._insert([user for user in users if user.email not in present]):
            raise TransactionConflict("Another process created one of these users just now.")

    def _insert(self, users: Sequence[ImportedUser]) -> bool:
        """Insert users, all of them or none; return False if an address is in use."""
        rows = [self._row(user) for user in users]
        columns = (*_RULED_COLUMNS, *PLAIN_FIELDS)
        ids = self._uow.users.insert_rows(columns, rows) if rows else {}
        if ids is None:
            return False
        self.events.append(
            [event for user in users for event in creation_events(user, ids[user.email], self._via)]
        )
        self.tally.created += len(rows)
        return True

    def _row(self, user: ImportedUser) -> tuple[Any, ...]:
        disabled = user.status == "disabled"
        stand_in = self._unmatchable if disabled else None
        hashes = self._hash_columns(user.hashed_password or self._unmatchable, stand_in)
        return (
            user.email,
            user.role or "user",
            hashes["hashed_password"],
            # A user without a password has none to change.
            bool(user.must_change_password and user.hashed_password),
            self._now if disabled else None,
            hashes["disabled_hash"],
            hashes["foreign_hash"],
            user.created_at or self._now,
            self._now,
            *user.plain,
        )

    def _resolve_conflict(self, user: ImportedUser, existing: User) -> None:
        if self._on_conflict == "error":
            self.tally.reject_existing(user, existing.id)
            return
        changes = self._changes(user, existing) if self._on_conflict == "update" else {}
        if not changes:
            self.tally.skipped += 1
            return
        try:
            self._require_admin_left(existing, changes)
        except LastAdmin as error:
            self.tally.reject_user(user, None, error.message)
            return
        self.events.append(list(update_events(user, existing, changes)))
        self._uow.users.update(existing, self._now, **changes)
        ending = changes.keys() & {"role", "hashed_password", "disabled_hash", "foreign_hash"}
        if ending or changes.get("must_change_password"):
            end_sessions(self._uow, existing, self._now)
        self.tally.updated += 1

    def _changes(self, user: ImportedUser, existing: User) -> dict[str, Any]:
        """Return the columns in which an existing user differs from the record."""
        status = user.status or ("active" if existing.disabled_at is None else "disabled")
        disabled_at, stand_in = None, None
        if status == "disabled":
            disabled_at, stand_in = disabled_since(existing, self._now), self._unmatchable
            # The stored stand-in may have been made with another cost.
            if is_stand_in(existing.hashed_password):
                stand_in = existing.hashed_password
        plain = zip(PLAIN_FIELDS, user.plain, strict=True)
        wanted: dict[str, Any] = {
            **{name: value for name, value in plain if value is not None},
            "role": user.role or existing.role,
            "disabled_at": disabled_at,
            **self._changed_hash_columns(user, existing, stand_in),
        }
        if user.must_change_password is not None:
            wanted["must_change_password"] = user.must_change_password
        return {name: value for name, value in wanted.items() if value != getattr(existing, name)}

    def _changed_hash_columns(
        self, user: ImportedUser, existing: User, stand_in: str | None
    ) -> dict[str, str | None]:
        own = own_hash(existing)
        if user.hashed_password not in {None, own}:
            return self._hash_columns(str(user.hashed_password), stand_in)
        return {} if waits_as_foreign(existing) else hash_columns(own, stand_in=stand_in)

    def _hash_columns(self, own: str, stand_in: str | None) -> dict[str, str | None]:
        """Return the column values that store a hash from the file."""
        return imported_hash_columns(own, stand_in=stand_in, unmatchable=self._unmatchable)

    def _require_admin_left(self, existing: User, changes: dict[str, Any]) -> None:
        leaves = changes.get("role", "admin") != "admin" or changes.get("disabled_at") is not None
        if existing.role == "admin" and existing.disabled_at is None and leaves:
            require_admin_left(lock_admins(self._uow, self._now), {existing.id})
