"""Results of work on the database as a whole."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class SchemaStatus(BaseModel):
    """Where the schema of a database stands; ``current`` is None before the first migration.

    The state is ``foreign`` where tables of our names stand that userctl never migrated.
    """

    database: str
    state: Literal["missing", "empty", "foreign", "outdated", "current", "too_new"]
    current: str | None
    head: str
    pending: list[str]


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


class PurgeResult(BaseModel):
    """How many expired tokens went, or would go, and how many of them remain."""

    deleted: int
    remaining: int
    dry_run: bool


class RevokeResult(BaseModel):
    """How many live sessions were ended, and how many API tokens were revoked."""

    revoked_sessions: int = 0
    revoked_api_tokens: int = 0
