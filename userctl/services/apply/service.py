"""The use cases that plan and apply declared users."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import Conflict, PlanStale
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.schemas.apply import ApplyOptions, ApplyResult, GeneratedPassword, Plan
from userctl.schemas.audit import AuditTag
from userctl.schemas.declaration import DeclaredUser
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.apply.guards import require_safe_plan
from userctl.services.apply.passwords import NewPassword, prepare_passwords
from userctl.services.apply.planning import ComputedPlan, Planner
from userctl.services.apply.writing import PlanWriter
from userctl.services.users.batch.delete import DeleteUsers

Deliver = Callable[[ApplyResult], object]
"""Takes the secrets of a plan before the transaction that makes them valid is committed."""


class ApplyService:
    """The use cases that plan and apply declared users.

    Args:
        database: where users are kept.
        hasher: hashes the passwords.
        policy: which passwords are accepted.
        roles: the configured roles.
        access_lifetime: how long an access token lasts.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        hasher: PasswordHasher,
        policy: PasswordPolicy,
        roles: Sequence[str],
        access_lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._policy = policy
        self._roles = roles
        self._access_lifetime = access_lifetime
        self._clock = clock

    def plan(
        self, users: Sequence[DeclaredUser], options: ApplyOptions
    ) -> tuple[Plan, Conflict | None]:
        """Return the plan, and the error if it would be refused; nothing is locked or written.

        Raises:
            DeclarationIncomplete: if no user is declared.
            DeclarationInvalid: if users cannot be as declared.
            SetConflict: if users belong to another set, or to none and are not to be adopted.
        """
        with self._database.snapshot() as uow:
            computed = self._compute(uow, users, options)
            try:
                require_safe_plan(uow, computed, options, self._clock(), locked=False)
            except Conflict as refusal:
                return computed.plan, refusal
        return computed.plan, None

    def apply(
        self,
        users: Sequence[DeclaredUser],
        options: ApplyOptions,
        *,
        expected: str | None = None,
        deliver: Deliver = lambda _applied: None,
    ) -> ApplyResult:
        """Bring users in line with their declaration, all of them or none.

        Args:
            users: the declared users.
            options: how they are applied.
            expected: the digest of the reviewed plan; None if there was no review.
            deliver: takes the secrets before they are valid; if it raises, everything is undone.

        Raises:
            DeclarationIncomplete, DeclarationInvalid, SetConflict: as :meth:`plan` does.
            TooManyRemovals, LastAdmin: if too many users would be removed.
            PlanStale: if the plan differs from the reviewed one.
        """
        return self._apply(users, options, expected, deliver, {})

    @retry_transactions
    def _apply(
        self,
        users: Sequence[DeclaredUser],
        options: ApplyOptions,
        expected: str | None,
        deliver: Deliver,
        passwords: dict[str, NewPassword],
    ) -> ApplyResult:
        with self._database.snapshot() as uow:
            computed = self._compute(uow, users, options, expected)
            require_safe_plan(uow, computed, options, self._clock(), locked=False)
        if not computed.steps:
            return ApplyResult(**dict(computed.plan))
        prepare_passwords(computed.steps, self._hasher, self._policy, passwords)
        now = self._clock()
        with self._database.writing() as uow:
            uow.declared_users.lock_apply()
            computed = self._compute(uow, users, options, expected)
            require_safe_plan(uow, computed, options, now, locked=True)
            plan = computed.plan
            deletion = DeleteUsers(hard=False, access_lifetime=self._access_lifetime)
            writer = PlanWriter(uow, passwords, hasher=self._hasher, deletion=deletion, now=now)
            tokens = writer.write(computed.steps)
            applied = ApplyResult(
                **dict(plan),
                generated_passwords=_generated_passwords(computed, passwords),
                api_tokens=tokens,
            )
            if computed.steps:
                uow.record(AuditTag.ACCOUNT_APPLY, now, target=plan.set, **_summary(plan))
                deliver(applied)
                uow.commit()
        return applied

    def _compute(
        self,
        uow: UnitOfWork,
        users: Sequence[DeclaredUser],
        options: ApplyOptions,
        expected: str | None = None,
    ) -> ComputedPlan:
        computed = Planner(uow, options, self._roles, self._clock()).compute(users)
        if expected not in {None, computed.plan.digest}:
            raise PlanStale("The users have changed since the plan was made; nothing was changed.")
        return computed


def _generated_passwords(
    computed: ComputedPlan, passwords: Mapping[str, NewPassword]
) -> list[GeneratedPassword]:
    emails = [step.email for step in computed.steps if step.sets_password]
    return [
        GeneratedPassword(email=email, password=password)
        for email in emails
        if (password := passwords[email].generated) is not None
    ]


def _summary(plan: Plan) -> dict[str, Any]:
    return {
        "set": plan.set,
        "plan": plan.digest,
        "created": plan.count("create"),
        "restored": plan.count("restore"),
        "changed": plan.count("change"),
        "disabled": plan.count("disable"),
        "deleted": plan.count("delete"),
    }
