"""The effects of a change of many users on each of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.users import Effects


def effects_on(
    users: Sequence[User], changed: Collection[User], sessions: Mapping[int, int] | None = None
) -> dict[int, Effects]:
    """Return the effects of a change on some users, by their ids.

    Args:
        users: all of them.
        changed: the users to whom the change made a difference.
        sessions: how many sessions were ended, by user id; users without sessions may be missing.
    """
    ids, counts = {user.id for user in changed}, sessions or {}
    return {
        user.id: Effects(changed=user.id in ids, sessions=counts.get(user.id, 0))
        for user in users
        if user.id is not None
    }


def end_sessions_of(
    uow: UnitOfWork, users: Sequence[User], now: datetime, changed: Collection[User]
) -> dict[int, Effects]:
    """End the sessions of some locked users, and return the effects as :func:`effects_on` does."""
    ids = [user.id for user in users if user.id is not None]
    if not ids:
        return {}
    # While the users are locked, no new sessions can start.
    active = uow.refresh_tokens.count_active(now, ids)
    uow.refresh_tokens.revoke_users(ids, now)
    return effects_on(users, changed, active)
