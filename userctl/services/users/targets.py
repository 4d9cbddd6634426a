"""The users that are about to be changed, with their sessions and tokens, for confirmation."""

from collections.abc import Iterable
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.schemas.users import UserTarget
from userctl.services.users.records import lenient_user_read


def user_targets(
    uow: UnitOfWork, users: Iterable[User | DeletedUser], now: datetime
) -> list[UserTarget]:
    """Return users with the numbers of their sessions and API tokens, which deleted users lack."""
    all_users = list(users)
    ids = [user.id for user in all_users if isinstance(user, User) and user.id is not None]
    sessions = uow.refresh_tokens.count_active(now, ids)
    api_tokens = uow.api_tokens.count_active(now, ids)
    return [_target(user, sessions, api_tokens) for user in all_users]


def _target(
    user: User | DeletedUser, sessions: dict[int, int], api_tokens: dict[int, int]
) -> UserTarget:
    shown = lenient_user_read(user).model_dump()
    if isinstance(user, DeletedUser):
        deleted_at = user.deleted_at if isinstance(user.deleted_at, datetime) else None
        return UserTarget(**shown, deleted_at=deleted_at)
    return UserTarget(
        **shown,
        sessions=sessions.get(shown["id"], 0),
        api_tokens=api_tokens.get(shown["id"], 0),
    )
