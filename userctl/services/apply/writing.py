"""Carries out a plan in the transaction that computed it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from userctl.core.chunks import split_into_chunks
from userctl.core.errors import TransactionConflict
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.tokens import ApiTokenCreate, ApiTokenIssued
from userctl.schemas.user_fields import PLAIN_FIELDS
from userctl.security.passwords import PasswordHasher
from userctl.services.apply.passwords import NewPassword
from userctl.services.apply.renaming import rename_users, temporary_address
from userctl.services.apply.steps import Step
from userctl.services.tokens.api import issue_token
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.disable import DisableUsers, EnableUsers
from userctl.services.users.batch.effects import end_sessions_of
from userctl.services.users.changes import recorded_changes
from userctl.services.users.import_.records import ImportedUser
from userctl.services.users.import_.writing import Writer
from userctl.services.users.imported_hash import imported_hash_columns
from userctl.services.users.restoring import restore_user

_COLUMNS = ("name", "role", "managed_by", "previous_email")
"""The fields that are stored as declared."""

CHUNK = 1000
"""How many users are created with the same statements."""


class PlanWriter:
    """Carries out the steps of a plan.

    Promotions come before demotions, and an address is given up before another user gets it.

    Args:
        uow: the transaction.
        passwords: the passwords that are set, by the addresses of their users.
        hasher: makes hashes that no password matches.
        deletion: the change that deletes users.
        now: the time.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        passwords: Mapping[str, NewPassword],
        *,
        hasher: PasswordHasher,
        deletion: UserChange,
        now: datetime,
    ) -> None:
        self._uow = uow
        self._passwords = passwords
        self._hasher = hasher
        self._deletion = deletion
        self._now = now
        self._users: dict[int, User] = {}

    def write(self, steps: Sequence[Step]) -> list[ApiTokenIssued]:
        """Carry out the steps, and return the API tokens that were issued.

        Raises:
            TransactionConflict: if another process changed these users in the meantime.
        """
        restored = self._restore([step for step in steps if step.action == "restore"])
        self._lock([step for step in steps if step.row and step.action != "restore"], restored)
        changing = [step for step in steps if step.action in {"change", "restore"}]
        promoted = [step for step in changing if step.values.get("role") == "admin"]
        others = [step for step in changing if step.values.get("role") != "admin"]
        self._change(promoted)
        self._deletion.apply(self._uow, self._users_of(steps, "delete"), self._now)
        emails = [(self._user(step), str(step.user.email)) for step in changing if step.user]
        rename_users(self._uow, emails, self._now)
        created = [step for step in steps if step.action == "create"]
        self._create(created)
        self._change(others)
        DisableUsers(self._hasher).apply(self._uow, self._users_of(steps, "disable"), self._now)
        return [*self._issue([*created, *changing])]

    def _restore(self, steps: Sequence[Step]) -> dict[int, User]:
        """Restore users, and return them by their former ids."""
        restored = {}
        for step in steps:
            assert step.row is not None
            deleted = self._uow.deleted_users.lock(step.row.id)
            if deleted is None:
                raise TransactionConflict(f"Another process purged user {step.row.id}.")
            role = str(step.values.get("role", deleted.role))
            # Another user may still have the address, and give it up later.
            is_free = self._uow.users.by_email(step.row.email) is None
            email = None if is_free else temporary_address()
            restored[step.row.id] = restore_user(
                self._uow, deleted, self._now, email=email, role=role
            )
        return restored

    def _lock(self, steps: Sequence[Step], restored: Mapping[int, User]) -> None:
        """Lock the users to change, and make sure that they are as the plan read them."""
        planned = {step.row.id: step.row for step in steps if step.row is not None}
        former_ids = {user.id: former_id for former_id, user in restored.items()}
        locked = self._uow.user_batches.lock([*planned, *filter(None, former_ids)])
        self._users = {former_ids.get(number, number): user for number, user in locked.items()}
        current = {row.id: row for row in self._uow.declared_users.with_ids([*planned])}
        if current != planned:
            raise TransactionConflict("Another process changed these users.")

    def _change(self, steps: Sequence[Step]) -> None:
        """Write the declared fields of users, except for their addresses."""
        self._update([(step, _columns(step)) for step in steps])
        passwords = [step for step in steps if step.sets_password]
        self._set_passwords(passwords)
        enabled = [self._user(s) for s in steps if s.values.get("status") == "active"]
        EnableUsers().apply(self._uow, enabled, self._now)
        disabled = [self._user(s) for s in steps if s.values.get("status") == "disabled"]
        DisableUsers(self._hasher).apply(self._uow, disabled, self._now)

    def _update(self, changes: Iterable[tuple[Step, dict[str, Any]]]) -> None:
        grouped: dict[tuple[str, ...], list[tuple[User, dict[str, Any]]]] = {}
        for step, wanted in changes:
            user = self._user(step)
            # A restored user already has the new role.
            values = {n: value for n, value in wanted.items() if value != getattr(user, n)}
            if values:
                grouped.setdefault(tuple(values), []).append((user, values))
        for names, group in grouped.items():
            for user, values in group:
                recorded = recorded_changes(user, values)
                self._uow.record(AuditTag.ACCOUNT_UPDATE, self._now, user=user, changes=recorded)
            self._uow.user_batches.update(group, self._now)
            if "role" in names:
                users = [user for user, _ in group]
                end_sessions_of(self._uow, users, self._now, users)

    def _set_passwords(self, steps: Sequence[Step]) -> None:
        changes = []
        for step in steps:
            assert step.user is not None
            user, new = self._user(step), self._password(step)
            version = {"password_version": step.user.password_version}
            changes.append((user, {**self._hash_columns(user, new), **version}))
            self._uow.record(
                AuditTag.PASSWORD_SET,
                self._now,
                user=user,
                generated=new.generated is not None,
                must_change=False,
                removed=new.hashed is None,
            )
        self._uow.user_batches.update(changes, self._now)
        users = [user for user, _ in changes]
        end_sessions_of(self._uow, users, self._now, users)

    def _hash_columns(self, user: User, new: NewPassword) -> dict[str, Any]:
        own = new.hashed or self._hasher.unmatchable_hash()
        stand_in = None if user.disabled_at is None else self._hasher.unmatchable_hash()
        unmatchable = self._hasher.unmatchable_hash()
        columns = imported_hash_columns(own, stand_in=stand_in, unmatchable=unmatchable)
        return {**columns, "must_change_password": False}

    def _create(self, steps: Sequence[Step]) -> None:
        """Create users, as an import does."""
        if not steps:
            return
        writer = Writer(
            self._uow,
            on_conflict="error",
            unmatchable=self._hasher.unmatchable_hash(),
            now=self._now,
            repeated=set(),
            named=set(),
            via="apply",
        )
        for chunk in split_into_chunks(steps, CHUNK):
            writer.write([self._imported_user(step) for step in chunk])
        if writer.tally.rejected:
            raise TransactionConflict("Another process created one of these users just now.")
        self._uow.record_many(writer.events.chunks(), self._now)

    def _imported_user(self, step: Step) -> ImportedUser:
        assert step.user is not None
        values = step.values
        return ImportedUser(
            line=step.user.place.line,
            email=step.user.email,
            role=step.user.role,
            status=step.user.status,
            hashed_password=self._password(step).hashed if step.sets_password else None,
            plain=tuple(values.get(name) for name in PLAIN_FIELDS),
        )

    def _issue(self, steps: Sequence[Step]) -> Iterable[ApiTokenIssued]:
        for step in steps:
            if not step.tokens or step.user is None:
                continue
            user = self._uow.users.by_email(step.user.email)
            assert user is not None
            for token in step.tokens:
                new = ApiTokenCreate(
                    user=user.email,
                    label=token.label,
                    scope=tuple(token.scope),
                    expires_in=token.expires_in,
                )
                yield issue_token(self._uow, user, new, self._now)

    def _password(self, step: Step) -> NewPassword:
        new = self._passwords.get(step.email)
        if new is None:
            # The password has to be hashed first, which takes too long inside a transaction.
            raise TransactionConflict(f"{step.email} now needs a password.")
        return new

    def _user(self, step: Step) -> User:
        assert step.row is not None
        return self._users[step.row.id]

    def _users_of(self, steps: Sequence[Step], action: str) -> list[User]:
        return [self._user(step) for step in steps if step.action == action]


def _columns(step: Step) -> dict[str, Any]:
    return {name: value for name, value in step.values.items() if name in _COLUMNS}
