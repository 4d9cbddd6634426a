"""Refuses plans that would remove too much."""

from collections.abc import Sequence
from datetime import datetime

from userctl.core.errors import TooManyRemovals
from userctl.core.stand_in_hash import is_unmatchable
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models.own_hash import own_hash
from userctl.schemas.apply import ApplyOptions
from userctl.security.passwords import is_verifiable_hash
from userctl.services.apply.planning import ComputedPlan
from userctl.services.apply.steps import Step
from userctl.services.users.admins import Admins, lock_admins, read_admins, require_admin_left

_REMOVALS = {"disable", "delete"}


def require_safe_plan(
    uow: UnitOfWork, computed: ComputedPlan, options: ApplyOptions, now: datetime, *, locked: bool
) -> None:
    """Make sure that a plan does not remove too many users, and leaves an admin.

    Args:
        uow: the transaction.
        computed: the plan.
        options: how users are applied.
        now: the time.
        locked: whether to lock the admins because the plan is about to be carried out.

    Raises:
        TooManyRemovals: if it removes more users than the limit.
        LastAdmin: if no active admin would be left, or none who can log in.
    """
    removals = sum(step.action in _REMOVALS for step in computed.steps)
    limit = options.limit.max_removals(computed.members)
    if removals > limit:
        raise TooManyRemovals(removals, limit)
    leaving = {step.row.id for step in computed.steps if step.row and _stops_being_admin(step)}
    if leaving:
        admins = lock_admins(uow, now) if locked else read_admins(uow, now)
        require_admin_left(_add_new_admins(uow, admins, computed.steps, now), leaving)


def _stops_being_admin(step: Step) -> bool:
    return _was_admin(step) and not _becomes_admin(step)


def _was_admin(step: Step) -> bool:
    row = step.row
    is_there = row is not None and row.deleted_at is None
    return row is not None and is_there and row.role == "admin" and row.disabled_at is None


def _becomes_admin(step: Step) -> bool:
    if step.action in _REMOVALS:
        return False
    row, values = step.row, step.values
    role = values.get("role", None if row is None else row.role)
    status = values.get("status", "active" if row is None else row.status)
    return role == "admin" and status == "active"


def _add_new_admins(
    uow: UnitOfWork, admins: Admins, steps: Sequence[Step], now: datetime
) -> Admins:
    """Return the current admins together with the users whom the steps make admins."""
    new = [step for step in steps if _becomes_admin(step) and not _was_admin(step)]
    # Users who do not exist yet have no id; a negative number stands for it.
    ids = [step.row.id if step.row else -place for place, step in enumerate(new, 1)]
    with_login = {
        user_id
        for user_id, step in zip(ids, new, strict=True)
        if step.sets_password or step.tokens or _can_log_in(uow, step, now)
    }
    return Admins(admins.active | {*ids}, admins.with_password | with_login, admins.with_token)


def _can_log_in(uow: UnitOfWork, step: Step, now: datetime) -> bool:
    if step.row is None:
        return False
    user_id = step.row.id
    if step.row.deleted_at is not None:
        hashes = [own_hash(deleted) for deleted in uow.deleted_users.with_id(user_id)]
    else:
        user = uow.users.get(user_id)
        hashes = [] if user is None else [own_hash(user)]
    has_password = any(is_verifiable_hash(h) and not is_unmatchable(h) for h in hashes)
    return has_password or bool(uow.api_tokens.count_active(now, [user_id]))
