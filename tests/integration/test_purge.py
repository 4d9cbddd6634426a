"""Removal of expired tokens on both databases."""

from datetime import timedelta

import pytest

from tests.integration.conftest import FakeClock, Program, Sql
from userctl.schemas import PurgeResult, TokenQuery, UserCreated
from userctl.services.purge import PurgeService

DAY = timedelta(days=1)


@pytest.fixture
def purge(program: Program, ada: UserCreated, clock: FakeClock) -> PurgeService:
    """Tokens 1 to 7 that expired seven, six, ... days ago and one that expires right now."""
    for _ in range(8):
        program.log_in(ada.email)
        clock.advance(days=1)
    clock.advance(days=6)
    return program.purge


def left(sql: Sql) -> list[int]:
    """Return the ids of the tokens that are still there."""
    return [row[0] for row in sql("SELECT id FROM refresh_tokens ORDER BY id")]


def test_only_tokens_that_expired_longer_ago_than_the_span_are_deleted(
    purge: PurgeService, sql: Sql
) -> None:
    assert purge.purge(3 * DAY, batch_size=100) == PurgeResult(
        deleted=4, remaining=0, dry_run=False
    )
    assert left(sql) == [5, 6, 7, 8]


def test_a_token_is_kept_until_it_has_expired(purge: PurgeService, sql: Sql) -> None:
    purge.purge(0 * DAY, batch_size=100)
    assert left(sql) == [8]


def test_tokens_go_in_batches_that_are_reported(purge: PurgeService, sql: Sql) -> None:
    progress: list[tuple[int, int]] = []
    result = purge.purge(
        0 * DAY, batch_size=3, on_batch=lambda done, total: progress.append((done, total))
    )
    assert progress == [(3, 7), (6, 7), (7, 7)]
    assert result.deleted == 7


def test_the_tokens_that_expired_first_go_first_and_each_batch_lasts(
    purge: PurgeService, sql: Sql
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge.purge(0 * DAY, batch_size=2, on_batch=stop)
    assert left(sql) == [3, 4, 5, 6, 7, 8]


def test_a_dry_run_counts_and_deletes_nothing(purge: PurgeService, sql: Sql) -> None:
    assert purge.purge(3 * DAY, batch_size=1, dry_run=True) == PurgeResult(
        deleted=0, remaining=4, dry_run=True
    )
    assert len(left(sql)) == 8


def test_a_purge_that_finds_nothing_reports_no_batch(purge: PurgeService, sql: Sql) -> None:
    def fail(done: int, total: int) -> None:
        raise AssertionError

    result = purge.purge(30 * DAY, batch_size=3, on_batch=fail)
    assert (result.deleted, result.remaining) == (0, 0)
    assert len(left(sql)) == 8


def test_used_and_revoked_tokens_are_kept_until_they_expire(
    program: Program, ada: UserCreated, clock: FakeClock, sql: Sql
) -> None:
    session = program.log_in(ada.email)
    program.tokens.refresh(session.tokens.refresh_token)
    program.revocation.revoke_matching(TokenQuery())
    assert program.purge.purge(0 * DAY, batch_size=10).deleted == 0
    clock.advance(days=8)
    assert program.purge.purge(0 * DAY, batch_size=10).deleted == 2
