"""Users that are imported from a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel

from userctl.schemas.user_fields import IMPORTED_FIELDS, REASON_FIELD, UNUSED_FIELDS

__all__ = [
    "IMPORTED_FIELDS",
    "REASON_FIELD",
    "UNUSED_FIELDS",
    "FileRecord",
    "ImportPlan",
    "ImportReport",
    "ImportResult",
    "ImportRules",
    "OnConflict",
    "Reject",
    "RejectedRecord",
]

OnConflict = Literal["error", "skip", "update"]


class FileRecord(NamedTuple):
    """A record of a file: the names and texts of its fields, or why it cannot be read.

    ``source`` is what its format needs to write the record again, if that was requested.
    """

    line: int
    names: Sequence[str] = ()
    texts: Sequence[str | None] = ()
    unreadable: str | None = None
    source: Any = None


class Reject(NamedTuple):
    """Why a record was rejected; ``field`` is None if the reason concerns the whole record."""

    line: int
    field: str | None
    reason: str


class RejectedRecord(NamedTuple):
    """A rejected record, all reasons for its rejection, and its ``source``."""

    line: int
    reasons: Sequence[Reject]
    source: Any


class ImportRules(NamedTuple):
    """What an import accepts from another program although userctl would not create such a user.

    Attributes:
        keep_odd_addresses: whether to keep invalid or blank addresses, and to number those of
            disabled users that are not unique or cannot be stored.
        correct_names: whether to correct invalid names.
        keep_roles: whether to accept roles that are not configured.
        keep_future_times: whether to accept times of creation that are in the future.
        drop_unknown_hashes: whether to import users without their hashes if these cannot be
            verified.
        allow_weak_hashes: whether to accept plain digests of passwords.
    """

    keep_odd_addresses: bool = False
    correct_names: bool = False
    keep_roles: bool = False
    keep_future_times: bool = False
    drop_unknown_hashes: bool = False
    allow_weak_hashes: bool = False


class SchemeReport(BaseModel):
    """How many passwords of a file are hashed with a scheme of another system.

    ``seconds`` is about how long the costliest one takes to check on one core of an ordinary
    server, and ``weak`` counts those that a thief can reverse.
    """

    scheme: str
    count: int
    seconds: float
    weak: int


class ImportResult(BaseModel):
    """How many users an import created, updated and left unchanged.

    ``rejected`` counts records. If a record was rejected and the import was not partial, nothing
    was changed and the other counts are zero.
    """

    created: int
    updated: int
    skipped: int
    rejected: int
    dry_run: bool


class ForeignImportResult(ImportResult):
    """The result of an import from another system, and what was not imported from there.

    ``not_carried`` counts users with data that userctl does not store, by kind, and
    ``unmapped_roles`` counts users by each role that is not mapped. ``password_schemes`` says, in a
    dry run, how the passwords are hashed.
    """

    source: str
    not_carried: dict[str, int]
    unmapped_roles: dict[str, int]
    password_schemes: list[SchemeReport]


class PasswordSample(NamedTuple):
    """The address and the password of a user who agreed to have it tried."""

    email: str
    password: str


class ImportPlan(BaseModel):
    """The result of a dry run of an import, for people."""

    would_create: int
    would_update: int
    would_skip: int
    rejected: int

    @classmethod
    def from_result(cls, result: ImportResult) -> Self:
        """Return a plan with the numbers of a result."""
        return cls(
            would_create=result.created,
            would_update=result.updated,
            would_skip=result.skipped,
            rejected=result.rejected,
        )


@dataclass(frozen=True)
class ImportReport:
    """The outcome of an import.

    Attributes:
        result: the counts.
        rejects: the rejected records in line order.
        conflicts_only: whether every rejected record was rejected because its user exists.
        schemes: how the passwords are hashed; only of a dry run.
    """

    result: ImportResult
    rejects: Iterable[RejectedRecord]
    conflicts_only: bool
    schemes: Sequence[SchemeReport] = ()

    @property
    def reasons(self) -> Iterator[Reject]:
        """Why records were rejected, in line order."""
        return (reason for record in self.rejects for reason in record.reasons)
