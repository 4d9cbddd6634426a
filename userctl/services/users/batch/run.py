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
from userctl.services.users.records import lenient_user_read

CHUNK = 1000
"""How many users are changed with the same statements."""


@dataclass
class BatchRun:
    """Changes users who are locked.

    Attributes:
        uow: the unit of work.
        change: the change.
        options: how to carry it out.
        admins: the locked admins; required if the change can remove admins.
        now: the time of the change.
        effects: the effects on each user, by id.
    """

    uow: UnitOfWork
    change: UserChange
    options: BatchOptions
    admins: Admins | None
    now: datetime
    effects: dict[int, Effects] = field(default_factory=dict)

    def apply(self, entries: Sequence[Entry]) -> list[UserOutcome]:
        """Change the users of some entries, and return the outcome for each.

        Raises:
            UserctlError: if one cannot be changed, unless ``keep_going``.
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
        """Yield the entries that may be changed together without breaking a rule."""
        leaving: set[int | None] = set()
        for entry in entries:
            user = entry.user
            assert isinstance(user, User)
            try:
                if self.admins is not None:
                    require_admin_left(self.admins, leaving | {user.id})
                self.change.require_possible(user)
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
        """Change users together or, if the database refuses that, one by one."""
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
        # The rollback to the savepoint made the user that was read before it stale.
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
            advice = f"{error.message} {error.hint}" if error is not None and error.hint else None
            return schema(reference=name, outcome="missing", message=advice)
        shown: dict[str, Any] = {} if user is None else lenient_user_read(user).model_dump()
        if error is not None:
            message = f"{error.message} {error.hint}" if error.hint else error.message
            failed = {"outcome": "failed", "code": error.code, "message": message}
            return schema.model_validate({**shown, "reference": name, **failed})
        effects = self.effects[user.id or 0] if isinstance(user, User) else Effects()
        changed = "would_change" if self.options.dry_run else "changed"
        details = self.change.details(user) if isinstance(user, User) else {}
        result = {"outcome": changed if effects.changed else "unchanged", **details}
        outcome = schema.model_validate({**shown, "reference": name, **result})
        return outcome.with_effects(effects)
