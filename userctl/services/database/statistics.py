"""The size of a database, and how much of it is unused."""

from datetime import timedelta

from userctl.core.clock import Clock
from userctl.db.maintenance.size import Size, measure
from userctl.db.maintenance.vacuum import vacuum
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.database import DatabaseStats, VacuumResult


class StatisticsService:
    """The use cases that measure a database and return its unused space."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def stats(self, older_than: timedelta) -> DatabaseStats:
        """Return how many rows there are, and what a purge would delete and free.

        Args:
            older_than: how long ago the tokens must have ended, as a purge takes it.
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
            purge_would_free_bytes=_bytes_of(refresh, rows, size),
            password_schemes=schemes,
        )

    def count_ended_tokens(self, older_than: timedelta) -> int:
        """Return how many tokens a purge would delete.

        Args:
            older_than: how long ago the tokens must have ended, as a purge takes it.
        """
        with self._database.reading() as uow:
            return sum(uow.token_purge.count(self._clock() - older_than))

    def vacuum(self) -> VacuumResult:
        """Return the unused space inside the database to the operating system.

        Raises:
            DatabaseBusy: if others held the database for too long.
            DiskFull: if the disk is too full for it; nothing is lost then.
        """
        before = measure(self._database.engine).total
        vacuum(self._database.engine)
        after = measure(self._database.engine).total
        return VacuumResult(
            size_before_bytes=before, size_after_bytes=after, freed_bytes=max(0, before - after)
        )


def _bytes_of(tokens: int, rows: dict[str, int], size: Size) -> int:
    """Estimate how much some of the refresh tokens take, their indexes included."""
    if size.refresh_tokens is not None:
        return size.refresh_tokens * tokens // max(1, rows["refresh_tokens"])
    # SQLite does not say how much a table takes; the rows of all tables are about as long.
    used = max(0, size.total - size.free)
    return used * tokens // max(1, sum(rows.values()))
