"""What somebody reads who tried too often."""

from datetime import timedelta

import pytest

from userctl.core.errors import LoginThrottled


@pytest.mark.parametrize(
    ("resets_in", "words"),
    [
        (timedelta(0), "1 s"),
        (timedelta(microseconds=1), "1 s"),
        (timedelta(seconds=89, microseconds=1), "90 s"),
        (timedelta(seconds=90, microseconds=1), "2 min"),
        (timedelta(minutes=14), "14 min"),
        (timedelta(minutes=14, microseconds=1), "15 min"),
    ],
)
def test_nobody_is_told_to_come_too_early(resets_in: timedelta, words: str) -> None:
    error = LoginThrottled(resets_in)
    assert error.message.endswith(f" Try again in {words}.")
    assert error.resets_in == resets_in
