"""Reports the outcome of an import."""

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter

from userctl.schemas.transfer import ImportReport, ImportResult, RejectedRecord, SchemeReport
from userctl.services.users.import_.spool import Spool
from userctl.services.users.import_.tally import Tally

COUNTS = {"created", "updated", "skipped", "rejected"}
"""The counts of a result that the audit trail records."""


class _Rejects:
    """The rejected records of both steps in line order; they can be iterated repeatedly."""

    def __init__(self, *spools: Spool[RejectedRecord]) -> None:
        self._spools = spools

    def __iter__(self) -> Iterator[RejectedRecord]:
        # The other fields cannot be compared.
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
        checked: the outcome of the records that were dropped before anything was written.
        written: the outcome of the others.
        schemes: how the passwords are hashed; only for a dry run.
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
