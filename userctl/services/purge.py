"""Removes refresh tokens that can no longer be used for anything."""

from collections.abc import Callable
from datetime import datetime, timedelta

from userctl.clock import Clock
from userctl.db.retry import retried
from userctl.db.unit_of_work import Database
from userctl.schemas import PurgeResult


class PurgeService:
    """Deletes expired tokens in batches, each a short transaction of its own."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def purge(
        self,
        older_than: timedelta,
        *,
        batch_size: int,
        dry_run: bool = False,
        on_batch: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> PurgeResult:
        """Delete the tokens that expired longer ago than a span of time.

        Args:
            older_than: how long a token must have been expired.
            batch_size: how many tokens go in one transaction.
            dry_run: count only.
            on_batch: called after each batch with the number deleted so far and the number
                there was at the start.
        """
        before = self._clock() - older_than
        total = self._count(before)
        if dry_run:
            return PurgeResult(deleted=0, remaining=total, dry_run=True)
        deleted = 0
        while batch := self._delete_batch(before, batch_size):
            deleted += batch
            on_batch(deleted, max(total, deleted))
        return PurgeResult(deleted=deleted, remaining=self._count(before), dry_run=False)

    def _count(self, before: datetime) -> int:
        with self._database.reading() as uow:
            return uow.refresh_tokens.count_expired(before)

    @retried
    def _delete_batch(self, before: datetime, size: int) -> int:
        with self._database.writing() as uow:
            count = uow.refresh_tokens.delete_expired(before, size)
            uow.commit()
        return count
