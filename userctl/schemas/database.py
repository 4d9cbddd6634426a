"""Results of work on the database as a whole."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

PurgeStop = Literal["max_rows", "max_seconds", "locked", "signal", "other_purge"]


class SchemaStatus(BaseModel):
    """Where the schema of a database stands; ``current`` is None before the first migration.

    The state is ``foreign`` where tables of our names stand that userctl never migrated. ``backup``
    names the copy that was made before a change, where one was made.
    """

    database: str
    state: Literal["missing", "empty", "foreign", "outdated", "current", "too_new"]
    current: str | None
    head: str
    pending: list[str]
    backup: str | None = None


class BackupRead(BaseModel):
    """A backup that was written and can be read; ``revision`` is where the schema stands in it."""

    file: str
    database: str
    revision: str | None
    size_bytes: int
    sha256: str


class MigrationRead(BaseModel):
    """One migration and whether the database has it."""

    revision: str
    summary: str
    applied: bool


class Health(BaseModel):
    """What a monitor asks: ``database`` is ``connected`` or the code of what is wrong."""

    status: Literal["healthy", "unhealthy"]
    timestamp: datetime
    database: str
    version: str


class PurgeOptions(BaseModel):
    """What a purge shall delete, and within which limits.

    Tokens go that ended longer ago than ``older_than``, at most ``batch_size`` in a transaction,
    ``max_rows`` of them in all and until ``max_seconds`` are over. ``pause`` is the rest after a
    transaction, None what the database needs; ``trust_clock`` says that the clock is right.
    """

    model_config = ConfigDict(frozen=True)

    older_than: timedelta
    batch_size: int = 100_000
    max_rows: int | None = None
    max_seconds: float | None = None
    pause: timedelta | None = None
    dry_run: bool = False
    trust_clock: bool = False


class PurgeResult(BaseModel):
    """How many tokens went in all, how many of them were API tokens, and how many remain to go.

    ``stopped_by`` tells why it ended before everything had gone, if it did: a limit, others who
    kept tokens locked, a signal, or another purge that was running already.
    """

    deleted: int = 0
    deleted_api_tokens: int = 0
    remaining: int
    dry_run: bool = False
    stopped_by: PurgeStop | None = None


class DatabaseStats(BaseModel):
    """Rows of each table, sizes in bytes, and what a purge would delete and, about, free.

    ``free_bytes`` is what lies free inside the database, ``oldest_expired_at`` when the refresh
    token expired that did so first.
    """

    users: int
    deleted_users: int
    refresh_tokens: int
    api_tokens: int
    login_throttles: int
    audit_events: int
    size_bytes: int
    free_bytes: int
    expired_tokens: int
    oldest_expired_at: datetime | None
    purge_would_delete: int
    purge_would_free_bytes: int


class VacuumResult(BaseModel):
    """The size of a database before and after a vacuum, in bytes."""

    size_before_bytes: int
    size_after_bytes: int
    freed_bytes: int


class RevokeResult(BaseModel):
    """How many live sessions were ended, and how many API tokens were revoked."""

    revoked_sessions: int = 0
    revoked_api_tokens: int = 0


class TableCopy(BaseModel):
    """A table that was copied: its rows, and a digest that both databases have of them."""

    table: str
    rows: int
    digest: str

    @property
    def id(self) -> str:
        """What identifies the table."""
        return self.table


class CheckRead(BaseModel):
    """What a check found, and what to do about it; ``fixed`` says that it was found otherwise."""

    check: str
    status: Literal["ok", "warning", "failure"]
    message: str
    advice: str | None
    fixed: bool = False

    @property
    def id(self) -> str:
        """What identifies the check."""
        return self.check
