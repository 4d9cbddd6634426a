"""Computes the changes that bring users in line with their declaration."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from userctl.core.errors import DeclarationIncomplete, DeclarationInvalid, InvalidInput, SetConflict
from userctl.core.places import Problem
from userctl.core.stand_in_hash import is_unmatchable
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models.unreadable_values import display_text
from userctl.repositories.declared_users import UserRow
from userctl.schemas.apply import ApplyOptions, FieldChange, Plan, plan_digest
from userctl.schemas.declaration import DeclaredUser
from userctl.services.apply.matching import match_users
from userctl.services.apply.steps import Step, creation, differences, restoration
from userctl.services.apply.stored_users import StoredUsers, find_deleted, read_stored
from userctl.services.users.import_.records import WEAK_HASH, is_weak_hash
from userctl.services.users.rules import require_role


@dataclass(frozen=True)
class ComputedPlan:
    """A plan, and the steps that carry it out.

    Attributes:
        steps: the steps, in the order of the file.
        plan: the plan, as it is shown.
        members: how many users the set has.
    """

    steps: Sequence[Step]
    plan: Plan
    members: int


class Planner:
    """Computes plans.

    Args:
        uow: the transaction.
        options: how users are applied.
        roles: the configured roles.
        now: the time.
    """

    def __init__(
        self, uow: UnitOfWork, options: ApplyOptions, roles: Collection[str], now: datetime
    ) -> None:
        self._uow = uow
        self._options = options
        self._roles = roles
        self._now = now
        self._invalid: list[Problem] = []
        self._conflicts: list[Problem] = []

    def compute(self, users: Sequence[DeclaredUser]) -> ComputedPlan:
        """Compute the plan for the declared users.

        Raises:
            DeclarationIncomplete: if no user is declared.
            DeclarationInvalid: if users cannot be as declared.
            SetConflict: if users belong to another set, or to none and are not to be adopted.
        """
        if not users:
            raise DeclarationIncomplete("No user is declared; nothing was changed.")
        stored = read_stored(self._uow, users, self._options.set_name)
        matched = match_users(users, stored.rows)
        steps = [*self._plan_steps(users, matched)]
        removed, undeclared = self._plan_removals(stored, matched)
        self._raise_problems()
        name, prune = self._options.set_name, self._options.prune
        changes = [step.change for step in (*steps, *removed)]
        plan = Plan(
            set=name,
            prune=prune,
            digest=plan_digest(name, prune, changes),
            unchanged=len(users) - len({id(step.user) for step in steps}),
            undeclared=undeclared,
            changes=changes,
        )
        return ComputedPlan([*steps, *removed], plan, len(stored.members))

    def _plan_steps(
        self, users: Sequence[DeclaredUser], matched: Sequence[tuple[UserRow, ...]]
    ) -> Iterator[Step]:
        pairs = list(zip(users, matched, strict=True))
        missing = [user for user, rows in pairs if not rows and user.state != "absent"]
        deleted = find_deleted(self._uow, missing, self._options.set_name) if missing else {}
        labels = self._uow.declared_users.token_labels(
            [rows[0].id for user, rows in pairs if rows and user.api_tokens], self._now
        )
        for user, rows in pairs:
            self._check(user)
            for row in rows:
                if step := self._plan_existing(user, row, labels.get(row.id, set())):
                    yield step
            is_missing = not rows and user.state != "absent"
            if is_missing and (step := self._plan_missing(user, deleted.get(user.email))):
                yield step

    def _plan_existing(
        self, user: DeclaredUser, row: UserRow, labels: Collection[str]
    ) -> Step | None:
        """Return the step for a user who exists."""
        if user.state == "created":
            return None
        self._require_manageable(user, row)
        if user.state == "absent":
            return Step("delete", user, row)
        fields = differences(user, row, self._options)
        tokens = [token for token in user.api_tokens if token.label not in labels]
        return Step("change", user, row, fields, tokens) if fields or tokens else None

    def _plan_missing(self, user: DeclaredUser, deleted: UserRow | None) -> Step | None:
        """Return the step for a user who does not exist, but may have been deleted."""
        if deleted is None:
            if not user.declares("role"):
                self._check_role(user, user.role)
            return creation(user, self._options)
        if user.state == "created":
            return None
        self._require_restorable(user, deleted)
        if not user.declares("role"):
            self._check_role(user, deleted.role)
        return restoration(user, deleted, self._options)

    def _plan_removals(
        self, stored: StoredUsers, matched: Sequence[tuple[UserRow, ...]]
    ) -> tuple[list[Step], int]:
        """Return the steps for undeclared users of the set, and how many of them are kept."""
        declared = {row.id for rows in matched for row in rows}
        undeclared = [row for row in stored.members if row.id not in declared]
        prune = self._options.prune
        if prune is None:
            return [], len(undeclared)
        if prune == "delete":
            return [Step("delete", None, row) for row in undeclared], 0
        active = [row for row in undeclared if row.disabled_at is None]
        fields = [FieldChange(field="status", old="active", new="disabled")]
        steps = [Step("disable", None, row, fields) for row in active]
        return steps, len(undeclared) - len(steps)

    def _require_manageable(self, user: DeclaredUser, row: UserRow) -> None:
        """Refuse a user of another set, and a user of no set unless it is to be adopted."""
        name = self._options.set_name
        if name is None or row.managed_by == name:
            return
        existing = f"{display_text(row.email)} (id {row.id})"
        if row.managed_by is not None:
            self._refuse(user, f"{existing} belongs to the set {display_text(row.managed_by)}.")
        elif not (user.adopt or self._options.adopt):
            self._refuse(
                user,
                f"{existing} exists and belongs to no set. To take the user over, declare "
                "'adopt: true' or pass --adopt.",
            )

    def _require_restorable(self, user: DeclaredUser, deleted: UserRow) -> None:
        """Refuse to restore a user who does not belong to the set, unless it is to be adopted."""
        name = self._options.set_name
        if name is None or deleted.managed_by == name or user.adopt or self._options.adopt:
            return
        former = f"{display_text(deleted.email)} (id {deleted.id})"
        self._refuse(
            user,
            f"{former} was deleted and does not belong to the set {name}. To restore the user, "
            "declare 'adopt: true' or pass --adopt.",
        )

    def _check(self, user: DeclaredUser) -> None:
        """Check what depends on this installation: the role and the scheme of the hash."""
        declared = user.model_fields_set
        if "role" in declared:
            self._check_role(user, user.role)
        if "password_hash" in declared and user.password_hash is not None:
            try:
                if not is_unmatchable(user.password_hash) and is_weak_hash(user.password_hash):
                    self._invalid.append(Problem(user.place, WEAK_HASH))
            except InvalidInput as error:
                self._invalid.append(Problem(user.place, error.message))

    def _check_role(self, user: DeclaredUser, role: str) -> None:
        try:
            require_role(role, self._roles)
        except InvalidInput as error:
            self._invalid.append(Problem(user.place, f"{error.message} {error.hint}"))

    def _refuse(self, user: DeclaredUser, message: str) -> None:
        self._conflicts.append(Problem(user.place, message))

    def _raise_problems(self) -> None:
        if self._invalid:
            raise DeclarationInvalid(self._invalid)
        if self._conflicts:
            raise SetConflict(self._conflicts)
