"""Metrics for monitoring."""

from datetime import datetime

from pydantic import BaseModel


class AccountCount(BaseModel):
    """How many users have a role and a status."""

    role: str
    status: str
    count: int


class LastPurge(BaseModel):
    """The last purge, and how it ended: ``finished``, or what stopped it."""

    time: datetime
    deleted: int
    remaining: int
    outcome: str


class Metrics(BaseModel):
    """Counts of rows and events.

    ``refresh_tokens`` and ``api_tokens`` are counts by state; ``login_failures`` counts all that
    were ever recorded.
    """

    accounts: list[AccountCount]
    refresh_tokens: dict[str, int]
    api_tokens: dict[str, int]
    oldest_expired_at: datetime | None
    login_failures: int
    last_purge: LastPurge | None
