"""Removal of tokens that have ended, on both databases."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tests.integration.conftest import FakeClock, Program, Sql, open_engine, sql_on
from tests.support.servers import wait_until
from userctl.core.errors import ClockSuspect, DatabaseBusy, TransactionConflict
from userctl.db import engine as engine_rules
from userctl.db.maintenance import pacing
from userctl.db.sqlite import wal as write_ahead_log
from userctl.repositories.trail_end import LOCK
from userctl.schemas.database import PurgeOptions, PurgeResult
from userctl.schemas.tokens import ApiTokenCreate, TokenQuery
from userctl.schemas.users import UserCreate, UserCreated
from userctl.services.tokens import purge as module
from userctl.services.tokens.purge import LOCK_PATIENCE_SECONDS, PurgeService

DAY = timedelta(days=1)


def order(days: float = 0, **values: Any) -> PurgeOptions:
    """Return an order for what ended some days ago, from somebody who trusts the clock."""
    return PurgeOptions(**{"older_than": days * DAY, "trust_clock": True, **values})


def eight_tokens(program: Program, clock: FakeClock) -> PurgeService:
    """Make tokens 1 to 7 that expired seven, six, ... days ago and one that expires right now."""
    program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    for _ in range(8):
        program.log_in("ada@example.com")
        clock.advance(days=1)
    clock.advance(days=6)
    return program.purge


@pytest.fixture
def purge(program: Program, clock: FakeClock) -> PurgeService:
    return eight_tokens(program, clock)


def left(sql: Sql, table: str = "refresh_tokens") -> list[int]:
    """Return the ids of the tokens that are still there."""
    return [row[0] for row in sql(f"SELECT id FROM {table} ORDER BY id")]


def test_only_tokens_that_expired_longer_ago_than_the_span_are_deleted(
    purge: PurgeService, sql: Sql
) -> None:
    assert purge.purge(order(3)) == PurgeResult(deleted=4, remaining=0)
    assert left(sql) == [5, 6, 7, 8]


def test_a_token_is_kept_until_it_has_expired(purge: PurgeService, sql: Sql) -> None:
    purge.purge(order())
    assert left(sql) == [8]


def test_tokens_go_in_batches_that_are_reported(purge: PurgeService, sql: Sql) -> None:
    progress: list[tuple[int, int]] = []
    result = purge.purge(
        order(batch_size=3), on_batch=lambda done, total: progress.append((done, total))
    )
    assert progress == [(3, 7), (6, 7), (7, 7)]
    assert result.deleted == 7


def test_no_full_batch_is_followed_by_a_search_for_tokens_that_stayed(
    purge: PurgeService, engine: Engine
) -> None:
    searches = []

    @event.listens_for(engine, "before_cursor_execute")
    def see(*arguments: Any) -> None:
        statement = arguments[2]
        if "FROM refresh_tokens" in statement and "FOR UPDATE" in statement:
            searches.append(statement)

    try:
        purge.purge(order(batch_size=2))
    finally:
        event.remove(engine, "before_cursor_execute", see)
    # The last batch has one token of two. SQLite counts in another way.
    assert len(searches) == (1 if engine.dialect.name == "postgresql" else 0)


def test_the_tokens_that_expired_first_go_first_and_each_batch_lasts(
    purge: PurgeService, sql: Sql
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge.purge(order(batch_size=2), on_batch=stop)
    assert left(sql) == [3, 4, 5, 6, 7, 8]


def test_a_dry_run_counts_and_deletes_nothing(purge: PurgeService, sql: Sql) -> None:
    dry = PurgeOptions(older_than=3 * DAY, dry_run=True)
    assert purge.purge(dry) == PurgeResult(remaining=4, dry_run=True)
    assert len(left(sql)) == 8


def test_a_purge_that_finds_nothing_reports_no_batch(purge: PurgeService, sql: Sql) -> None:
    def fail(done: int, total: int) -> None:
        raise AssertionError

    assert purge.purge(order(30), on_batch=fail) == PurgeResult(remaining=0)
    assert len(left(sql)) == 8


def test_used_and_revoked_tokens_are_kept_until_they_expire(
    program: Program, ada: UserCreated, clock: FakeClock, sql: Sql
) -> None:
    session = program.log_in(ada.email)
    program.token_exchange.refresh(session.tokens.refresh_token)
    program.revocation.revoke_matching(TokenQuery())
    assert program.purge.purge(order()).deleted == 0
    clock.advance(days=8)
    assert program.purge.purge(order()).deleted == 2


def test_api_tokens_go_when_they_expired_or_were_revoked_and_are_counted_once(
    program: Program, ada: UserCreated, clock: FakeClock, sql: Sql
) -> None:
    for span in (DAY, DAY, None, None, 30 * DAY):
        program.api_tokens.issue(ApiTokenCreate(user="1", label="ci", expires_in=span))
    program.revocation.revoke(["api-2", "api-3"])
    clock.advance(days=2)
    assert program.purge.purge(order(5)).deleted == 0
    assert program.purge.purge(order(dry_run=True)).remaining == 3
    assert program.purge.purge(order(max_rows=1)) == PurgeResult(
        deleted=1, deleted_api_tokens=1, remaining=2, stopped_by="max_rows"
    )
    assert program.purge.purge(order()).deleted_api_tokens == 2
    assert left(sql, "api_tokens") == [4, 5]


@pytest.mark.parametrize(("rows", "deleted"), [(1, 1), (3, 3), (7, 7), (100, 7)])
def test_no_more_tokens_go_than_the_limit_allows(
    purge: PurgeService, sql: Sql, rows: int, deleted: int
) -> None:
    result = purge.purge(order(batch_size=2, max_rows=rows))
    assert (result.deleted, result.remaining) == (deleted, 7 - deleted)
    assert len(left(sql)) == 8 - deleted


def test_a_purge_stops_after_the_batch_in_which_its_time_is_over(
    program: Program, purge: PurgeService, clock: FakeClock
) -> None:
    seconds = 0.0

    def after_a_second(_done: int, _total: int) -> None:
        nonlocal seconds
        seconds += 1

    timed = PurgeService(
        program.database, longest_session=30 * DAY, clock=clock, monotonic=lambda: seconds
    )
    result = timed.purge(order(batch_size=2, max_seconds=2), on_batch=after_a_second)
    assert result == PurgeResult(deleted=4, remaining=3, stopped_by="max_seconds")


def test_a_purge_that_shall_stop_does_so_after_the_batch_and_tells_what_went(
    purge: PurgeService, sql: Sql
) -> None:
    batches: list[int] = []
    result = purge.purge(
        order(batch_size=2),
        on_batch=lambda done, _: batches.append(done),
        stop=lambda: len(batches) == 2,
    )
    assert result == PurgeResult(deleted=4, remaining=3, stopped_by="signal")
    assert len(left(sql)) == 4


def test_it_rests_between_batches_as_told_and_a_stop_ends_the_rest(
    purge: PurgeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    pause = timedelta(minutes=1)
    purge.purge(order(4, batch_size=2, pause=pause))
    # Whoever brings the log of SQLite into its file meanwhile rests so much less.
    assert sum(slept) == pytest.approx(120, abs=5)
    assert max(slept) == pytest.approx(0.1)
    slept.clear()
    result = purge.purge(order(batch_size=2, pause=pause), stop=lambda: len(slept) > 2)
    assert (len(slept), result.deleted, result.stopped_by) == (3, 2, "signal")


def test_one_purge_runs_at_a_time_and_the_second_says_what_remains(
    purge: PurgeService, database_url: str, clock: FakeClock, sql: Sql
) -> None:
    others: list[PurgeResult] = []

    def purge_too(_done: int, _total: int) -> None:
        with open_engine(database_url) as other:
            others.append(Program(other, clock).purge.purge(order()))

    assert purge.purge(order(batch_size=5), on_batch=purge_too).deleted == 7
    assert others == [
        PurgeResult(remaining=2, stopped_by="other_purge"),
        PurgeResult(remaining=0, stopped_by="other_purge"),
    ]
    assert purge.purge(order(-1)).deleted == 1


@contextmanager
def locked_by_another(engine: Engine) -> Iterator[None]:
    """Let another program keep the second token locked; on SQLite that is the whole file."""
    with engine.connect() as connection:
        connection.execute(text("UPDATE refresh_tokens SET revoked = true WHERE id = 2"))
        yield


def test_what_others_keep_locked_remains_and_the_count_is_exact(
    purge: PurgeService, database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_rules, "BUSY_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(module, "LOCK_PATIENCE_SECONDS", 1)
    with open_engine(database_url) as other, locked_by_another(other):
        result = purge.purge(order(batch_size=3))
    went = 6 if engine.dialect.name == "postgresql" else 0
    assert result == PurgeResult(deleted=went, remaining=7 - went, stopped_by="locked")
    assert purge.purge(order()).deleted == 7 - went


def test_what_was_locked_for_a_while_goes_at_a_second_look(
    postgres_engine: Engine, postgres_url: str, clock: FakeClock
) -> None:
    purge = eight_tokens(Program(postgres_engine, clock), clock)
    with open_engine(postgres_url) as other, ExitStack() as lock:
        lock.enter_context(locked_by_another(other))
        result = purge.purge(order(batch_size=3), on_batch=lambda _done, _total: lock.close())
    assert result == PurgeResult(deleted=7, remaining=0)


def test_what_alone_is_left_and_locked_is_waited_for(
    postgres_engine: Engine, postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    purge = eight_tokens(Program(postgres_engine, clock), clock)
    sql_on(postgres_engine)("DELETE FROM refresh_tokens WHERE id <> 2")
    with open_engine(postgres_url) as other, ExitStack() as lock:
        lock.enter_context(locked_by_another(other))
        monkeypatch.setattr(time, "sleep", lambda _seconds: lock.close())
        assert purge.purge(order()) == PurgeResult(deleted=1, remaining=0)


def test_a_purge_gives_up_when_it_could_delete_nothing_for_a_while(
    postgres_engine: Engine, postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(postgres_engine, clock)
    eight_tokens(program, clock)
    seconds = 0.0

    def sleep(span: float) -> None:
        nonlocal seconds
        seconds += span

    def after_long(_done: int, _total: int) -> None:
        # As long as there is progress, it does not matter how long it takes.
        sleep(2 * LOCK_PATIENCE_SECONDS)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(module, "RETRY_SECONDS", 1)
    purge = PurgeService(
        program.database, longest_session=30 * DAY, clock=clock, monotonic=lambda: seconds
    )
    with open_engine(postgres_url) as other, locked_by_another(other):
        result = purge.purge(order(batch_size=1), on_batch=after_long)
    assert result == PurgeResult(deleted=6, remaining=1, stopped_by="locked")
    assert seconds == pytest.approx(6 * 2 * LOCK_PATIENCE_SECONDS + LOCK_PATIENCE_SECONDS, abs=1)


def test_a_purge_goes_on_after_a_conflict_that_did_not_go_away_by_itself(
    purge: PurgeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_batch, failures = purge.delete_batch, [TransactionConflict("x"), DatabaseBusy("x")]

    def fail_first(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return delete_batch(*args)

    monkeypatch.setattr(purge, "delete_batch", fail_first)
    assert purge.purge(order(batch_size=3)) == PurgeResult(deleted=7, remaining=0)


def test_a_purge_waits_for_the_audit_trail_as_long_as_everybody(
    postgres_engine: Engine, postgres_url: str, clock: FakeClock
) -> None:
    """The short timeout with which it tries to lock a range of tokens is for these alone."""
    purge = eight_tokens(Program(postgres_engine, clock), clock)
    sql = sql_on(postgres_engine)
    # Of one moment, so that they go one by one behind a range in which there is none.
    sql("UPDATE refresh_tokens SET expires_at = (SELECT min(expires_at) FROM refresh_tokens)")
    waiting_for_long = (
        "SELECT 1 FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' "
        "AND NOT granted AND datname = current_database() "
        "AND clock_timestamp() - query_start > interval '100 ms'"
    )
    with ThreadPoolExecutor(1) as pool, open_engine(postgres_url) as other:
        with other.begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            purging = pool.submit(purge.purge, order(batch_size=3))
            wait_until(lambda: purging.done() or bool(sql(waiting_for_long)))
            assert not purging.done()
        assert purging.result() == PurgeResult(deleted=8, remaining=0)


def test_more_tokens_of_one_moment_than_fit_into_a_batch_go_too(
    purge: PurgeService, sql: Sql
) -> None:
    sql("UPDATE refresh_tokens SET expires_at = (SELECT min(expires_at) FROM refresh_tokens)")
    assert purge.purge(order(batch_size=3)) == PurgeResult(deleted=8, remaining=0)
    assert left(sql) == []


def test_a_clock_that_jumped_ahead_does_not_purge_the_living(
    purge: PurgeService, clock: FakeClock, sql: Sql
) -> None:
    clock.advance(days=60)
    with pytest.raises(ClockSuspect, match="2030-03") as refusal:
        purge.purge(order(trust_clock=False))
    assert refusal.value.message.count("Z") == 2
    assert len(left(sql)) == 8
    assert purge.purge(order(dry_run=True, trust_clock=False)).remaining == 8
    assert purge.purge(order()).deleted == 8
    # Where nothing would go, nobody is asked.
    assert purge.purge(order(trust_clock=False)).deleted == 0


def test_a_clock_is_believed_while_somebody_was_there_lately(
    sqlite_engine: Engine, clock: FakeClock
) -> None:
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    program.log_in("ada@example.com")
    clock.advance(days=29)
    assert program.purge.purge(order(trust_clock=False)).deleted == 1


@pytest.mark.parametrize(("ahead", "refused"), [(timedelta(minutes=50), False), (2 * DAY, True)])
def test_the_clock_of_a_server_is_evidence(
    postgres_engine: Engine, ahead: timedelta, refused: bool
) -> None:
    clock = FakeClock(datetime.now(UTC) - 10 * DAY)
    program = Program(postgres_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    program.log_in("ada@example.com")
    clock.now = datetime.now(UTC) + ahead
    if refused:
        with pytest.raises(ClockSuspect, match="server"):
            program.purge.purge(order(trust_clock=False))
    else:
        assert program.purge.purge(order(trust_clock=False)).deleted == 1


def test_batches_on_sqlite_grow_and_shrink_with_the_time_they_take(
    sqlite_engine: Engine, clock: FakeClock
) -> None:
    program = Program(sqlite_engine, clock)
    with pacing.pace_batches(program.database.engine, largest=1000, gap=None) as pace:
        sizes = [pace.size]
        for seconds in (0.001, 0.001, 0.001, 0.5, 0.06):
            pace.record(pace.size, seconds)
            sizes.append(pace.size)
    assert sizes == [200, 400, 800, 1000, 500, 500]


def log_pages(connection: sqlite3.Connection) -> int:
    """Checkpoint passively, as any COMMIT may; return how many pages remain."""
    _, pages, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages - done)


def test_the_log_of_a_purge_on_sqlite_is_checkpointed_by_the_purge_alone(
    sqlite_engine: Engine, sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "LARGE_LOG_BYTES", 30 * 4096)
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    for _ in range(30):
        program.log_in("ada@example.com")
    clock.advance(days=8)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    pages: list[int] = []

    def write_too(_done: int, _total: int) -> None:
        other.execute("UPDATE users SET name = 'Ada'")
        pages.append(log_pages(other))

    assert program.purge.purge(order(batch_size=1), on_batch=write_too).deleted == 30
    # It grew, and was checkpointed when it was large.
    assert max(pages) > 20
    assert sum(later < earlier for earlier, later in pairwise(pages)) >= 2
    assert log_pages(other) == 0
    other.close()


def thirty_tokens(program: Program, clock: FakeClock) -> None:
    """Make thirty tokens that have expired."""
    program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    for _ in range(30):
        program.log_in("ada@example.com")
    clock.advance(days=8)


@pytest.mark.parametrize("page_size", [4096, 512])
def test_the_log_of_a_purge_on_sqlite_stays_below_its_bound(
    sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, page_size: int
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = WAL")
    bound = 40 * page_size
    monkeypatch.setattr(write_ahead_log, "LARGE_LOG_BYTES", bound)
    log = path.with_name(f"{path.name}-wal")
    sizes: list[int] = []
    with open_engine(sqlite_url) as engine:
        program = Program(engine, clock)
        thirty_tokens(program, clock)
        engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        purged = program.purge.purge(
            order(batch_size=1), on_batch=lambda _done, _total: sizes.append(log.stat().st_size)
        )
    assert purged.deleted == 30
    # A transaction that the bound lets in may end beyond it; 40 pages are plenty for one token.
    assert max(sizes) <= bound + 40 * page_size
    # It was reached, or else this says nothing.
    assert max(sizes) > bound


def test_a_purge_waits_while_a_long_read_keeps_the_log_from_shrinking_and_gives_up_at_last(
    sqlite_engine: Engine, sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "LARGE_LOG_BYTES", 60 * 4096)
    program = Program(sqlite_engine, clock)
    thirty_tokens(program, clock)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    log = path.with_name(f"{path.name}-wal")
    seconds, rests = 0.0, 0

    def sleep(span: float) -> None:
        nonlocal seconds
        seconds += span

    monkeypatch.setattr(time, "sleep", sleep)
    purge = PurgeService(
        program.database, longest_session=30 * DAY, clock=clock, monotonic=lambda: seconds
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM refresh_tokens").fetchone() == (30,)
        stuck = purge.purge(order(batch_size=1))
        assert stuck.stopped_by == "locked"
        assert (stuck.deleted > 0, stuck.remaining) == (True, 30 - stuck.deleted)
        assert seconds >= LOCK_PATIENCE_SECONDS
        held = log.stat().st_size
        assert purge.purge(order(batch_size=1)).deleted <= 1
        # Only the events of how the purges ended came on top.
        assert log.stat().st_size < held + 60 * 4096

        def finish(span: float) -> None:
            nonlocal rests
            rests += 1
            sleep(span)
            if rests == 5:
                reader.execute("ROLLBACK")

        monkeypatch.setattr(time, "sleep", finish)
        assert purge.purge(order(batch_size=1)).remaining == 0
    assert left(sql_on(sqlite_engine)) == []
