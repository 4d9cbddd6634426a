"""Running a transaction again."""

import pytest

from userctl.db import retry
from userctl.errors import DatabaseBusy, TransactionConflict


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

    @retry.retried
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

    @retry.retried
    def work() -> None:
        calls.append(1)
        raise TransactionConflict("x")

    with pytest.raises(TransactionConflict):
        work()
    assert len(calls) == retry.ATTEMPTS


def test_any_other_error_is_not_tried_again(pauses: list[float]) -> None:
    @retry.retried
    def work() -> None:
        raise DatabaseBusy("x")

    with pytest.raises(DatabaseBusy):
        work()
    assert pauses == []
