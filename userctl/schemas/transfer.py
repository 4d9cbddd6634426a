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

    ``source`` is what its format needs to write it again, if that was asked for.
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
    """A rejected record, everything that is wrong with it, and its ``source``."""

    line: int
    reasons: Sequence[Reject]
    source: Any


class ImportRules(NamedTuple):
    """What is taken although no user could be created like this, because another program did.

    Attributes:
        keep_odd_addresses: takes addresses that are not valid, or blank, as they are, and numbers
            those of disabled users that others have too, or that could not be stored.
        correct_names: makes valid names of others.
        keep_roles: takes roles that are not configured.
        keep_future_times: takes users that were created in the future.
        drop_unknown_hashes: takes users without a hash that cannot be verified.
        allow_weak_hashes: takes plain digests of passwords.
    """

    keep_odd_addresses: bool = False
    correct_names: bool = False
    keep_roles: bool = False
    keep_future_times: bool = False
    drop_unknown_hashes: bool = False
    allow_weak_hashes: bool = False


class SchemeReport(BaseModel):
    """How many passwords of a file are hashed with a scheme of another system.

    ``seconds`` is about how long the costliest takes to check, on a core of an ordinary server, and
    ``weak`` counts those that a thief can reverse.
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
    """The same numbers of users who come from another system, and what did not come along.

    ``not_carried`` counts users who have there what userctl has no place for, and
    ``unmapped_roles`` those of each role that is not mapped. ``password_schemes`` is what the
    passwords are hashed with, if it is a dry run.
    """

    source: str
    not_carried: dict[str, int]
    unmapped_roles: dict[str, int]
    password_schemes: list[SchemeReport]


class PasswordSample(NamedTuple):
    """The address and the password of a user who agreed that it is tried."""

    email: str
    password: str


class ImportPlan(BaseModel):
    """The same numbers in the words of a dry run, for people."""

    would_create: int
    would_update: int
    would_skip: int
    rejected: int

    @classmethod
    def of(cls, result: ImportResult) -> Self:
        """Return the plan of a result."""
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
        schemes: what the passwords are hashed with, of a dry run.
    """

    result: ImportResult
    rejects: Iterable[RejectedRecord]
    conflicts_only: bool
    schemes: Sequence[SchemeReport] = ()

    @property
    def reasons(self) -> Iterator[Reject]:
        """Why records were rejected, in line order."""
        return (reason for record in self.rejects for reason in record.reasons)
