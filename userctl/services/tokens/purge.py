"""Purges tokens that are of no more use."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from userctl.core.clock import Clock
from userctl.core.errors import DatabaseBusy, TransactionConflict
from userctl.db.lock import try_lock
from userctl.db.maintenance.pacing import BatchPacer, pace_batches
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.repositories.token_purge import ENDS, PurgedBatch
from userctl.schemas.audit import AuditTag
from userctl.schemas.database import PurgeOptions, PurgeResult, PurgeStop
from userctl.services.shared.clock_check import require_plausible_clock

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.1
"""How soon a pause ends when the purge is to stop."""

LOCK_PATIENCE_SECONDS = 30
"""How long a purge continues without deleting anything because others lock the remaining tokens.
This is as long as every other transaction waits for a lock."""

RETRY_SECONDS = 0.1
"""How long to wait before retrying tokens that others had locked."""


class PurgeService:
    """Deletes tokens in batches, each a short transaction of its own, while others keep working.

    Refresh tokens are deleted once they have expired, even used ones, because until then a reuse
    has to be detected. API tokens are deleted once they have expired or were revoked.

    A purge continues as long as it deletes something. Tokens that others lock are skipped and tried
    again; it ends as "locked" when nothing could be deleted for ``LOCK_PATIENCE_SECONDS``.

    Args:
        database: where they are kept.
        longest_session: how long a session may last.
        clock: where the time comes from.
        monotonic: returns seconds that setting the clock does not affect.
    """

    def __init__(
        self,
        database: Database,
        *,
        longest_session: timedelta,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._longest_session = longest_session
        self._clock = clock
        self._monotonic = monotonic

    def purge(
        self,
        options: PurgeOptions,
        *,
        on_batch: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> PurgeResult:
        """Delete the tokens that ended longer ago than a span of time.

        Args:
            options: what to delete, and within which limits.
            on_batch: called after each batch with the number deleted so far and the number at the
                start, which is counted only for this.
            stop: called after each batch and during pauses; returns whether to stop.

        Raises:
            ClockSuspect: if a token would be deleted and the clock cannot be right.
        """
        before = self._clock() - options.older_than
        if options.dry_run:
            return PurgeResult(remaining=sum(self._count(before)), dry_run=True)
        any_ended = self._has_ended_tokens(options, before)
        with try_lock(self._database.engine, "purge") as ours:
            if not ours:
                return PurgeResult(remaining=sum(self._count(before)), stopped_by="other_purge")
            if not any_ended:
                return self._record_end(PurgeResult(remaining=0))
            total = sum(self._count(before)) if on_batch else 0

            def tell(deleted: int) -> None:
                if on_batch:
                    on_batch(deleted, max(total, deleted))

            gap = None if options.pause is None else options.pause.total_seconds()
            with pace_batches(self._database.engine, largest=options.batch_size, gap=gap) as pace:
                purge_run = _PurgeRun(self, options, before, pace, self._monotonic, tell, stop)
                stopped_by = purge_run.finish()
            remaining = sum(self._count(before)) if stopped_by else 0
            return self._record_end(
                PurgeResult(
                    deleted=purge_run.deleted,
                    deleted_api_tokens=purge_run.deleted_api_tokens,
                    remaining=remaining,
                    stopped_by=stopped_by if remaining else None,
                )
            )

    @retry_transactions
    def delete_batch(
        self, end: str, before: datetime, size: int, since: datetime | None
    ) -> tuple[PurgedBatch, float]:
        """Delete some tokens; return the result, and the seconds it took."""
        with self._database.writing() as uow:
            uow.begin()
            begun = self._monotonic()
            deleted = uow.token_purge.delete(end, before, size, since)
            if deleted.rows:
                now, last = self._clock(), before.isoformat()
                uow.record(AuditTag.TOKEN_PURGE, now, tokens=deleted.rows, ended=end, before=last)
            uow.commit()
            seconds = self._monotonic() - begun
        logger.debug("deleted %d tokens in %.3f s", deleted.rows, seconds)
        return deleted, seconds

    def _record_end(self, result: PurgeResult) -> PurgeResult:
        # If the event cannot be written, the count is still reported.
        with suppress(DatabaseBusy, TransactionConflict):
            self._record(result)
        return result

    @retry_transactions
    def _record(self, result: PurgeResult) -> None:
        """Record how a purge ended."""
        with self._database.writing() as uow:
            outcome = result.model_dump(exclude={"dry_run"})
            uow.record(AuditTag.TOKEN_PURGE_END, self._clock(), **outcome)
            uow.commit()

    def _count(self, before: datetime) -> tuple[int, int]:
        with self._database.reading() as uow:
            return uow.token_purge.count(before)

    def _has_ended_tokens(self, options: PurgeOptions, before: datetime) -> bool:
        """Tell whether there is a token to delete; if so, make sure that the clock is plausible."""
        with self._database.reading() as uow:
            if not uow.token_purge.has_ended(before):
                return False
        require_plausible_clock(
            self._database,
            before + options.older_than,
            self._longest_session,
            lambda uow, gap: uow.token_purge.has_expiring(
                gap.start - options.older_than, before, created_before=gap.end
            ),
            confirmed=options.trust_clock,
        )
        return True


class _PurgeRun:
    """One purge in progress."""

    def __init__(
        self,
        service: PurgeService,
        options: PurgeOptions,
        before: datetime,
        pace: BatchPacer,
        monotonic: Callable[[], float],
        tell: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> None:
        self.deleted = 0
        self.deleted_api_tokens = 0
        self._service = service
        self._options = options
        self._before = before
        self._pace = pace
        self._monotonic = monotonic
        self._tell = tell
        self._stop = stop
        self._begun = self._progress = monotonic()

    def finish(self) -> PurgeStop | None:
        """Delete batch after batch; return what stopped it if tokens may remain."""
        stopped_by: PurgeStop | None = None
        for end in ENDS:
            try:
                stopped_by = self._clear(end) or stopped_by
            except (DatabaseBusy, TransactionConflict):
                return "locked"
            if stopped_by not in {None, "locked"}:
                break
        return stopped_by

    def _clear(self, end: str) -> PurgeStop | None:
        """Delete the tokens that ended in one way, and retry those that others had locked."""
        batch, skipped = PurgedBatch(0, more=True), False
        while batch.more or skipped:
            if not batch.more:
                if self._is_stuck():
                    return "locked"
                self._rest(RETRY_SECONDS)
                skipped = False
            if (reason := self._reason_to_stop()) is not None:
                return reason
            batch = self._batch(end, batch.since if batch.more else None)
            skipped = skipped or batch.skipped
        return None

    def _batch(self, end: str, since: datetime | None) -> PurgedBatch:
        limit = self._options.max_rows
        size = self._pace.size if limit is None else min(self._pace.size, limit - self.deleted)
        try:
            if not self._pace.make_room():
                raise DatabaseBusy("Another process has been reading an old snapshot for too long.")
            batch, seconds = self._service.delete_batch(end, self._before, size, since)
        except (DatabaseBusy, TransactionConflict):
            if self._is_stuck():
                raise
            self._rest(RETRY_SECONDS)
            return PurgedBatch(0, more=True, since=since)
        self.deleted += batch.rows
        self.deleted_api_tokens += batch.rows if end != "refresh" else 0
        if batch.rows:
            self._tell(self.deleted)
            self._rest(self._pace.record(batch.rows, seconds))
            self._progress = self._monotonic()
        return batch

    def _is_stuck(self) -> bool:
        """Tell whether nothing could be deleted for too long."""
        return self._monotonic() - self._progress >= LOCK_PATIENCE_SECONDS

    def _reason_to_stop(self) -> PurgeStop | None:
        options = self._options
        if self._stop():
            return "signal"
        if options.max_rows is not None and self.deleted >= options.max_rows:
            return "max_rows"
        longest = options.max_seconds
        if longest is not None and self._monotonic() - self._begun >= longest:
            return "max_seconds"
        return None

    def _rest(self, seconds: float) -> None:
        while seconds > 0 and self._reason_to_stop() is None:
            time.sleep(min(seconds, SLICE_SECONDS))
            seconds -= SLICE_SECONDS
