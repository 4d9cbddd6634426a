"""One run of a change over many users, in one unit of work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from userctl.core.chunks import split_into_chunks
from userctl.core.errors import Conflict, InvalidInput, UserctlError
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.batches import BatchOptions, UserOutcome
from userctl.schemas.users import Effects
from userctl.services.users.admins import Admins, require_admin_left
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.selection import Entry
from userctl.services.users.records import changed_user

CHUNK = 1000
"""How many users are changed with the same statements."""


@dataclass
class BatchRun:
    """Changes users who are locked.

    Attributes:
        uow: the unit of work.
        change: the change.
        options: how.
        admins: the admins, who are locked; needed if the change ends some.
        now: the time of the change.
        effects: what the change did to users, by their ids.
    """

    uow: UnitOfWork
    change: UserChange
    options: BatchOptions
    admins: Admins | None
    now: datetime
    effects: dict[int, Effects] = field(default_factory=dict)

    def apply(self, entries: Sequence[Entry]) -> list[UserOutcome]:
        """Change the users of some entries, and return what became of each.

        Raises:
            UserctlError: if one cannot be changed, unless the others are changed all the same.
        """
        accepted = [*self._accept(entry for entry in entries if isinstance(entry.user, User))]
        for chunk in split_into_chunks(accepted, CHUNK):
            if self.options.keep_going:
                self._change_singly_if_refused(chunk)
            else:
                self._change(chunk)
        archived = [entry.user for entry in entries if isinstance(entry.user, DeletedUser)]
        if archived:
            self.change.apply_to_deleted(self.uow, archived, self.now)
        return [self._outcome(entry) for entry in entries]

    def _accept(self, entries: Iterable[Entry]) -> Iterable[Entry]:
        """Yield the entries that the rules allow to change, all of them together."""
        leaving: set[int | None] = set()
        for entry in entries:
            user = entry.user
            assert isinstance(user, User)
            try:
                if self.admins is not None:
                    require_admin_left(self.admins, leaving | {user.id})
                self.change.require(user)
            except UserctlError as error:
                if not self.options.keep_going:
                    raise
                entry.error = error
            else:
                leaving.add(user.id)
                yield entry

    def _change(self, entries: Sequence[Entry]) -> None:
        users = [entry.user for entry in entries if isinstance(entry.user, User)]
        self.effects |= self.change.apply(self.uow, users, self.now)

    def _change_singly_if_refused(self, entries: Sequence[Entry]) -> None:
        """Change users together; only if the database refuses that, each by itself."""
        try:
            with self.uow.savepoint():
                self._change(entries)
        except Conflict:
            for entry in entries:
                self._try_one(entry)

    def _try_one(self, entry: Entry) -> None:
        assert isinstance(entry.user, User)
        assert entry.user.id is not None
        user_id = entry.user.id
        # What was read before the savepoint was undone is no longer so.
        entry.user = self.uow.user_batches.lock([user_id]).get(user_id)
        try:
            with self.uow.savepoint():
                self._change([entry])
        except Conflict as error:
            entry.error = error
            entry.user = self.uow.user_batches.lock([user_id]).get(user_id)

    def _outcome(self, entry: Entry) -> UserOutcome:
        user, error, schema = entry.user, entry.error, self.change.outcome
        name = entry.reference.text
        is_missing = user is None and not isinstance(error, InvalidInput)
        if is_missing and self.options.missing_ok:
            said = f"{error.message} {error.hint}" if error is not None and error.hint else None
            return schema(reference=name, outcome="missing", message=said)
        shown: dict[str, Any] = {} if user is None else changed_user(user).model_dump()
        if error is not None:
            message = f"{error.message} {error.hint}" if error.hint else error.message
            failed = {"outcome": "failed", "code": error.code, "message": message}
            return schema.model_validate({**shown, "reference": name, **failed})
        effects = self.effects[user.id or 0] if isinstance(user, User) else Effects()
        changed = "would_change" if self.options.dry_run else "changed"
        details = self.change.details(user) if isinstance(user, User) else {}
        done = {"outcome": changed if effects.changed else "unchanged", **details}
        outcome = schema.model_validate({**shown, "reference": name, **done})
        return outcome.with_effects(effects)
