"""How long the pauses between two attempts are."""

import pytest

from userctl.db import retry
from userctl.errors import TransactionConflict


def pauses(monkeypatch: pytest.MonkeyPatch, share: float) -> list[float]:
    """Return the pauses of a transaction that always gives way, drawn at a place in their range."""
    made: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", made.append)
    monkeypatch.setattr(retry.random, "uniform", lambda low, high: low + share * (high - low))

    @retry.retried
    def work() -> None:
        raise TransactionConflict("x")

    with pytest.raises(TransactionConflict):
        work()
    return made


def test_each_pause_may_be_twice_as_long_as_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = pauses(monkeypatch, 1.0)
    assert len(longest) == retry.ATTEMPTS - 1
    assert longest == [retry.FIRST_PAUSE_SECONDS * 2**n for n in range(retry.ATTEMPTS - 1)]


def test_two_that_collide_do_not_pause_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    for short, long in zip(pauses(monkeypatch, 0.0), pauses(monkeypatch, 1.0), strict=True):
        assert 0 < short < long


def test_arguments_results_and_the_name_pass_through() -> None:
    @retry.retried
    def named(first: int, *, second: int) -> int:
        return first - second

    assert (named(3, second=1), named.__name__) == (2, "named")
