"""Whether the clock may be believed before something is deleted for its age."""

from datetime import datetime, timedelta

from userctl.core.errors import ClockSuspect
from userctl.core.text import rfc3339
from userctl.db.transaction.unit_of_work import UnitOfWork

SERVER_TOLERANCE = timedelta(hours=1)


def require_plausible_clock(uow: UnitOfWork, now: datetime, longest_session: timedelta) -> None:
    """Make sure that a clock is not far ahead, for then the living would seem to have ended.

    A server has a clock of its own, though perhaps on the same machine. The newest account or token
    says that it was at least that late. A database in which nobody did anything for longer than a
    session may last looks the same, but what could be purged there is gone by then if a purge runs
    every night. A clock that is behind deletes too little, which does no harm.

    Args:
        uow: where to look.
        now: what the clock says.
        longest_session: how long ago the last sign of life may be.

    Raises:
        ClockSuspect: naming both times.
    """
    for evidence, tolerance, whose in (
        (uow.database_stats.server_time(), SERVER_TOLERANCE, "the database server says"),
        (uow.database_stats.newest(), longest_session, "the newest row is of"),
    ):
        if evidence is not None and now - evidence > tolerance:
            raise ClockSuspect(
                f"The clock says {rfc3339(now)} and {whose} {rfc3339(evidence)}; "
                "nothing was deleted."
            )
