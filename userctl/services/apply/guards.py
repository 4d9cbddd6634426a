"""Refuses plans that would remove too much."""

from collections.abc import Sequence
from datetime import datetime

from userctl.core.errors import TooManyRemovals
from userctl.core.stand_in_hash import is_unmatchable
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models.own_hash import own_hash
from userctl.schemas.apply import ApplyOptions
from userctl.security.passwords import is_verifiable_hash
from userctl.services.apply.planning import Computed
from userctl.services.apply.steps import Step
from userctl.services.users.admins import Admins, lock_admins, read_admins, require_admin_left

_REMOVED = {"disable", "delete"}


def require_safe(
    uow: UnitOfWork, computed: Computed, options: ApplyOptions, now: datetime, *, locked: bool
) -> None:
    """Make sure that a plan removes not too many users, and leaves an admin.

    Args:
        uow: the transaction.
        computed: the plan.
        options: how users are applied.
        now: the time.
        locked: whether to lock the admins, because the plan is about to be carried out.

    Raises:
        TooManyRemovals: if it removes more users than the limit.
        LastAdmin: if no active admin would be left, or none who can log in.
    """
    removals = sum(step.action in _REMOVED for step in computed.steps)
    limit = options.limit.max_removals(computed.members)
    if removals > limit:
        raise TooManyRemovals(removals, limit)
    leaving = {step.row.id for step in computed.steps if step.row and _leaves(step)}
    if leaving:
        admins = lock_admins(uow, now) if locked else read_admins(uow, now)
        require_admin_left(_with_joining(uow, admins, computed.steps, now), leaving)


def _leaves(step: Step) -> bool:
    return _was_admin(step) and not _becomes_admin(step)


def _was_admin(step: Step) -> bool:
    row = step.row
    is_there = row is not None and row.deleted_at is None
    return row is not None and is_there and row.role == "admin" and row.disabled_at is None


def _becomes_admin(step: Step) -> bool:
    if step.action in _REMOVED:
        return False
    row, values = step.row, step.values
    role = values.get("role", None if row is None else row.role)
    status = values.get("status", "active" if row is None else row.status)
    return role == "admin" and status == "active"


def _with_joining(uow: UnitOfWork, admins: Admins, steps: Sequence[Step], now: datetime) -> Admins:
    """Return the admins and those who become such, of whom some can log in."""
    joining = [step for step in steps if _becomes_admin(step) and not _was_admin(step)]
    # Those who do not exist yet have no id.
    numbers = [step.row.id if step.row else -place for place, step in enumerate(joining, 1)]
    able = {
        number
        for number, step in zip(numbers, joining, strict=True)
        if step.sets_password or step.tokens or _can_log_in(uow, step, now)
    }
    return Admins(admins.active | {*numbers}, admins.with_password | able, admins.with_token)


def _can_log_in(uow: UnitOfWork, step: Step, now: datetime) -> bool:
    if step.row is None:
        return False
    number = step.row.id
    if step.row.deleted_at is not None:
        found = uow.deleted_users.with_id(number)
        hashes = [own_hash(user) for user in found]
    else:
        user = uow.users.get(number)
        hashes = [] if user is None else [own_hash(user)]
    usable = any(is_verifiable_hash(h) and not is_unmatchable(h) for h in hashes)
    return usable or bool(uow.api_tokens.count_active(now, [number]))
