"""How long the access tokens of ended sessions stay valid."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from userctl.db.transaction.unit_of_work import UnitOfWork


def access_tokens_end(
    uow: UnitOfWork,
    now: datetime,
    lifetime: timedelta,
    *,
    user_ids: Collection[int] = (),
    family_id: str | None = None,
) -> datetime | None:
    """Return when the last access token of some users or of a session expires; None if all have.

    One was issued with each refresh token. Ended sessions count too: a service that verifies access
    tokens without the database cannot know that they ended.

    Args:
        uow: the unit of work.
        now: the time.
        lifetime: how long an access token lasts.
        user_ids: the users whose access tokens count.
        family_id: the session whose access tokens count, instead of users.
    """
    issued = uow.sessions.last_issue_time(user_ids=user_ids, family_id=family_id)
    if issued is None:
        return None
    # If the time cannot be read, or lies in the future, only an upper bound is known.
    is_known = isinstance(issued, datetime) and issued <= now
    end = (issued if is_known else now) + lifetime
    return end if end > now else None


def latest_time(times: Iterable[datetime | None]) -> datetime | None:
    """Return the latest of some times; None if there is none."""
    return max((time for time in times if time is not None), default=None)
