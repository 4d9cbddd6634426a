"""Metrics for monitoring."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field


class AccountCount(BaseModel):
    """How many users have a role and a status."""

    role: str
    status: str
    count: int


class SchemeCount(BaseModel):
    """How many users have a password that is hashed with a scheme."""

    scheme: str
    count: int


class LastPurge(BaseModel):
    """The last purge, and how it ended: ``finished``, or what stopped it."""

    time: datetime
    deleted: int
    remaining: int
    outcome: str


class CommandRun(BaseModel):
    """The result of the last run of a scheduled command."""

    command: str
    ended_at: AwareDatetime
    exit_code: int = Field(ge=0, le=255)
    seconds: float = Field(ge=0, allow_inf_nan=False)


class Metrics(BaseModel):
    """Counts of rows and events.

    ``refresh_tokens`` and ``api_tokens`` are counts by state; ``login_failures`` counts all that
    were ever recorded.
    """

    accounts: list[AccountCount]
    password_schemes: list[SchemeCount]
    refresh_tokens: dict[str, int]
    api_tokens: dict[str, int]
    oldest_expired_at: datetime | None
    login_failures: int
    last_purge: LastPurge | None
