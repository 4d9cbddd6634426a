"""What a change of many users did to each of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.users import Effects


def effects_on(
    users: Sequence[User], changed: Collection[User], sessions: Mapping[int, int] | None = None
) -> dict[int, Effects]:
    """Return what was done to some users, by their ids.

    Args:
        users: all of them.
        changed: those who were not yet as the change wanted.
        sessions: how many sessions of each were ended, without those who had none.
    """
    ids, ended = {user.id for user in changed}, sessions or {}
    return {
        user.id: Effects(changed=user.id in ids, sessions=ended.get(user.id, 0))
        for user in users
        if user.id is not None
    }


def end_sessions_of(
    uow: UnitOfWork, users: Sequence[User], now: datetime, changed: Collection[User]
) -> dict[int, Effects]:
    """End the sessions of some users, who are locked; see :func:`effects_on`."""
    ids = [user.id for user in users if user.id is not None]
    if not ids:
        return {}
    # The lock on their users keeps sessions from becoming more.
    active = uow.refresh_tokens.count_active(now, ids)
    uow.refresh_tokens.revoke_users(ids, now)
    return effects_on(users, changed, active)
