"""A check of the clock before rows are deleted for their age."""

from datetime import datetime, timedelta

from userctl.core.errors import ClockSuspect
from userctl.core.text import rfc3339
from userctl.db.transaction.unit_of_work import UnitOfWork

SERVER_TOLERANCE = timedelta(hours=1)


def require_plausible_clock(uow: UnitOfWork, now: datetime, longest_session: timedelta) -> None:
    """Make sure that the clock is not far ahead, or active tokens would seem to have expired.

    The clock of a database server is independent evidence, and the newest user or token shows that
    it was at least that late. A database that was idle for longer than a session may last looks
    the same, but a nightly purge has left nothing to delete there. A clock that is behind deletes
    too little, which does no harm.

    Args:
        uow: the unit of work.
        now: the time by the clock.
        longest_session: how old the newest row may be.

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
