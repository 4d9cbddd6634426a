"""Reports the outcome of an import."""

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter

from userctl.schemas.transfer import ImportReport, ImportResult, RejectedRecord, SchemeReport
from userctl.services.users.import_.spool import Spool
from userctl.services.users.import_.tally import Tally

COUNTS = {"created", "updated", "skipped", "rejected"}
"""What the audit trail keeps of a result."""


class _Rejects:
    """The rejected records of both steps in line order; can be read more than once."""

    def __init__(self, *spools: Spool[RejectedRecord]) -> None:
        self._spools = spools

    def __iter__(self) -> Iterator[RejectedRecord]:
        # What else there is cannot be compared.
        return merge(*self._spools, key=attrgetter("line"))


def import_result(checked: Tally, written: Tally) -> ImportResult:
    """Return the counts of both steps together."""
    return ImportResult(
        created=written.created,
        updated=written.updated,
        skipped=checked.skipped + written.skipped,
        rejected=checked.rejected + written.rejected,
        dry_run=False,
    )


def import_report(
    checked: Tally,
    written: Tally,
    schemes: Sequence[SchemeReport],
    *,
    partial: bool,
    dry_run: bool,
) -> ImportReport:
    """Return the outcome of an import.

    Args:
        checked: what became of the records that were sorted out before anything was written.
        written: what became of the others.
        schemes: what the passwords are hashed with, of a dry run.
        partial: whether the good records count although others are rejected.
        dry_run: whether nothing was committed.
    """
    result = import_result(checked, written)
    rejected = result.rejected
    nothing = {"created": 0, "updated": 0, "skipped": 0} if rejected and not partial else {}
    return ImportReport(
        result.model_copy(update={"dry_run": dry_run, **nothing}),
        _Rejects(checked.rejects, written.rejects),
        conflicts_only=rejected == checked.conflicts + written.conflicts,
        schemes=schemes,
    )
