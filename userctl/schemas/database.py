"""Results of work on the database as a whole."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

DatabaseKind = Literal["sqlite", "postgresql"]

PurgeStop = Literal["max_rows", "max_seconds", "locked", "signal", "other_purge"]


class SchemaStatus(BaseModel):
    """The state of a schema; ``current`` is None before the first migration.

    The state is ``foreign`` if tables with our names exist that userctl never migrated. ``backup``
    is the copy that was made before a change, if any.
    """

    database: str
    state: Literal["missing", "empty", "foreign", "outdated", "current", "too_new"]
    current: str | None
    head: str
    pending: list[str]
    backup: str | None = None


class RestoreRead(SchemaStatus):
    """The state of a restored schema, and how many restored sessions and tokens were ended."""

    sessions_ended: int
    api_tokens_revoked: int


class BackupRead(BaseModel):
    """A backup that was written and verified; ``revision`` is its schema revision."""

    file: str
    database: str
    revision: str | None
    size_bytes: int
    sha256: str


class BackupInspection(BaseModel):
    """The contents of a backup; counts are None for tables that its revision did not have.

    ``taken_at`` is when a PostgreSQL dump was made. An SQLite backup does not record this, so there
    it is the modification time of the file, which copying the file may change; ``last_event_at``,
    the time of the last event of its audit trail, is always right. ``verified`` says that the
    backup can be read from end to end.
    """

    file: str
    kind: DatabaseKind
    taken_at: datetime
    last_event_at: datetime | None
    revision: str | None
    users: int
    deleted_users: int | None
    refresh_tokens: int | None
    api_tokens: int | None
    audit_events: int | None
    size_bytes: int
    sha256: str
    verified: bool


class MigrationRead(BaseModel):
    """One migration and whether the database has it."""

    revision: str
    summary: str
    applied: bool


class Health(BaseModel):
    """The health of the database: ``database`` is ``connected`` or an error code."""

    status: Literal["healthy", "unhealthy"]
    timestamp: datetime
    database: str
    version: str


class PurgeOptions(BaseModel):
    """What a purge deletes, and within which limits.

    It deletes tokens that expired or were revoked longer ago than ``older_than``, at most
    ``batch_size`` in a transaction and ``max_rows`` in total, for at most ``max_seconds``.
    ``pause`` is the pause after a transaction, None for as long as the database needs;
    ``trust_clock`` skips the check of the clock.
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
    """How many tokens were deleted, how many of them are API tokens, and how many remain.

    ``stopped_by`` says why the purge ended early, if it did: a limit, tokens locked by others, a
    signal, or another purge in progress.
    """

    deleted: int = 0
    deleted_api_tokens: int = 0
    remaining: int
    dry_run: bool = False
    stopped_by: PurgeStop | None = None


class DatabaseStats(BaseModel):
    """The rows of each table, sizes in bytes, and how much a purge would delete and roughly free.

    ``free_bytes`` is unused space inside the database, and ``oldest_expired_at`` is when the first
    of the expired refresh tokens expired. ``password_schemes`` counts the users with a password by
    the scheme of its hash.
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
    password_schemes: dict[str, int]


class VacuumResult(BaseModel):
    """The size of a database before and after a vacuum, in bytes."""

    size_before_bytes: int
    size_after_bytes: int
    freed_bytes: int


class RevokeResult(BaseModel):
    """How many active sessions were ended, and how many API tokens were revoked.

    A service that verifies access tokens offline accepts those already issued to the sessions until
    ``access_tokens_valid_until``; None if there are none.
    """

    revoked_sessions: int = 0
    revoked_api_tokens: int = 0
    access_tokens_valid_until: datetime | None = None

    @property
    def counts(self) -> dict[str, Any]:
        """The fields that the audit trail records."""
        return self.model_dump(exclude={"access_tokens_valid_until"})


class TableCopy(BaseModel):
    """A copied table: its rows, and their digest, which is the same in both databases."""

    table: str
    rows: int
    digest: str

    @property
    def id(self) -> str:
        """What identifies the table."""
        return self.table


class CheckRead(BaseModel):
    """The finding of a check, and the advice; ``fixed`` says that the problem was fixed."""

    check: str
    status: Literal["ok", "warning", "failure"]
    message: str
    advice: str | None
    fixed: bool = False

    @property
    def id(self) -> str:
        """What identifies the check."""
        return self.check
