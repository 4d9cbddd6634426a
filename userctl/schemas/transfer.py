"""Accounts on their way into the database from a file, and out of it into one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import BaseModel

OnConflict = Literal["error", "skip", "update"]

IMPORTED_FIELDS = (
    "email",
    "name",
    "role",
    "status",
    "must_change_password",
    "hashed_password",
    "password",
    "created_at",
)
EXPORTED_FIELDS = (
    "id",
    "email",
    "name",
    "role",
    "status",
    "has_password",
    "must_change_password",
    "created_at",
    "updated_at",
)
UNUSED_FIELDS = ("id", "has_password", "updated_at")
"""What an export holds too, and the database gives anew."""


class FileRecord(NamedTuple):
    """A record as it stands in a file: the names and texts of its fields, or why there are none."""

    line: int
    names: Sequence[str] = ()
    texts: Sequence[str | None] = ()
    unreadable: str | None = None


class Reject(NamedTuple):
    """Why a record was refused; ``field`` is None where it is about the record as a whole."""

    line: int
    field: str | None
    reason: str


class ImportResult(BaseModel):
    """How many accounts an import created, changed and left as they were.

    ``rejected`` counts records. Where one was rejected, and the import was not to be partial,
    nothing was changed, and the other numbers are zero.
    """

    created: int
    updated: int
    skipped: int
    rejected: int
    dry_run: bool


@dataclass(frozen=True)
class ImportReport:
    """What became of an import.

    Attributes:
        result: the numbers.
        rejects: why records were rejected, in the order of their lines.
        conflicts_only: whether all of them were, because their accounts exist already.
    """

    result: ImportResult
    rejects: Iterable[Reject]
    conflicts_only: bool
