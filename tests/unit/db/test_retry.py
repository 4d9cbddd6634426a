"""Running a transaction again."""

import pytest

from userctl.core.errors import DatabaseBusy, TransactionConflict
from userctl.db.transaction import retry


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which takes time."""
    pauses: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", pauses.append)
    return pauses


def test_a_transaction_that_gave_way_is_run_again_after_growing_pauses(
    pauses: list[float],
) -> None:
    outcomes = iter([TransactionConflict("x"), TransactionConflict("x"), "done"])

    @retry.retry_transactions
    def work() -> str:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert work() == "done"
    assert len(pauses) == 2
    assert pauses == sorted(pauses)


def test_it_gives_up_at_last(pauses: list[float]) -> None:
    calls = []

    @retry.retry_transactions
    def work() -> None:
        calls.append(1)
        raise TransactionConflict("x")

    with pytest.raises(TransactionConflict):
        work()
    assert len(calls) == retry.ATTEMPTS


def test_any_other_error_is_not_tried_again(pauses: list[float]) -> None:
    @retry.retry_transactions
    def work() -> None:
        raise DatabaseBusy("x")

    with pytest.raises(DatabaseBusy):
        work()
    assert pauses == []


def drawn_pauses(monkeypatch: pytest.MonkeyPatch, share: float) -> list[float]:
    """Return the pauses of a transaction that always gives way, drawn at a place in their range."""
    made: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", made.append)
    monkeypatch.setattr(retry.random, "uniform", lambda low, high: low + share * (high - low))

    @retry.retry_transactions
    def work() -> None:
        raise TransactionConflict("x")

    with pytest.raises(TransactionConflict):
        work()
    return made


def test_each_pause_may_be_twice_as_long_as_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = drawn_pauses(monkeypatch, 1.0)
    assert len(longest) == retry.ATTEMPTS - 1
    assert longest == [retry.FIRST_PAUSE_SECONDS * 2**n for n in range(retry.ATTEMPTS - 1)]


def test_two_that_collide_do_not_pause_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    for short, long in zip(
        drawn_pauses(monkeypatch, 0.0), drawn_pauses(monkeypatch, 1.0), strict=True
    ):
        assert 0 < short < long


def test_arguments_results_and_the_name_pass_through() -> None:
    @retry.retry_transactions
    def named(first: int, *, second: int) -> int:
        return first - second

    assert (named(3, second=1), named.__name__) == (2, "named")
