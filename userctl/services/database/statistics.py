"""The size of a database, and how much of it is unused."""

from datetime import timedelta

from userctl.core.clock import Clock
from userctl.db.maintenance.size import Size, measure
from userctl.db.maintenance.vacuum import vacuum
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.database import DatabaseStats, VacuumResult


class StatisticsService:
    """The use cases that measure a database, and free its unused space."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def stats(self, older_than: timedelta) -> DatabaseStats:
        """Return the number of rows, and how much a purge would delete and free.

        Args:
            older_than: how long ago the tokens must have ended, as for a purge.
        """
        now = self._clock()
        with self._database.reading() as uow:
            rows = uow.database_stats.row_counts()
            expired, _ = uow.token_purge.count(now)
            refresh, api = uow.token_purge.count(now - older_than)
            oldest = uow.token_purge.earliest_expiry(now)
            schemes = dict(uow.users.count_by_password_scheme())
        size = measure(self._database.engine)
        return DatabaseStats(
            **rows,
            size_bytes=size.total,
            free_bytes=size.free,
            expired_tokens=expired,
            oldest_expired_at=oldest,
            purge_would_delete=refresh + api,
            purge_would_free_bytes=_estimate_bytes(refresh, rows, size),
            password_schemes=schemes,
        )

    def count_ended_tokens(self, older_than: timedelta) -> int:
        """Return how many tokens a purge would delete.

        Args:
            older_than: how long ago the tokens must have ended, as for a purge.
        """
        with self._database.reading() as uow:
            return sum(uow.token_purge.count(self._clock() - older_than))

    def vacuum(self) -> VacuumResult:
        """Release the unused space inside the database to the operating system.

        Raises:
            DatabaseBusy: if other processes locked the database for too long.
            DiskFull: if the disk is too full; nothing is lost then.
        """
        before = measure(self._database.engine).total
        vacuum(self._database.engine)
        after = measure(self._database.engine).total
        return VacuumResult(
            size_before_bytes=before, size_after_bytes=after, freed_bytes=max(0, before - after)
        )


def _estimate_bytes(tokens: int, rows: dict[str, int], size: Size) -> int:
    """Estimate the size of some of the refresh tokens, including their indexes."""
    if size.refresh_tokens is not None:
        return size.refresh_tokens * tokens // max(1, rows["refresh_tokens"])
    # SQLite does not know the size of a table; the rows of all tables are about as long.
    used = max(0, size.total - size.free)
    return used * tokens // max(1, sum(rows.values()))
