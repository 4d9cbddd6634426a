"""How long access tokens stay valid whose sessions have ended."""

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

    One was issued with each refresh token. Sessions that have ended count too: a service that
    verifies access tokens without the database cannot know that.

    Args:
        uow: the unit of work.
        now: the time.
        lifetime: how long an access token lasts.
        user_ids: whose access tokens.
        family_id: of which session, instead of users.
    """
    issued = uow.sessions.last_issue_time(user_ids=user_ids, family_id=family_id)
    if issued is None:
        return None
    # Of a time that cannot be read, or is in the future, only the bound is known.
    known = isinstance(issued, datetime) and issued <= now
    end = (issued if known else now) + lifetime
    return end if end > now else None


def latest(ends: Iterable[datetime | None]) -> datetime | None:
    """Return the last of some ends; None if there is none."""
    return max((end for end in ends if end is not None), default=None)
