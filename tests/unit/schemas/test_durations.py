"""Durations on the command line."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.core.errors import InvalidInput
from userctl.schemas.timestamp import parse_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("12h", timedelta(hours=12)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_duration_has_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text", ["", "1", "d", "1y", "-1d", "1.5d", "1 d", "1d ", "٣d", "999999999w", "1D", "1d1h"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_duration(text)


def test_a_hundred_years_are_accepted_and_not_a_second_more() -> None:
    assert parse_duration("36500d") == timedelta(days=36_500)
    for text in ("36501d", f"{36_500 * 86_400 + 1}s"):
        with pytest.raises(InvalidInput):
            parse_duration(text)


@given(st.integers(0, 5000), st.sampled_from(["seconds", "minutes", "hours", "days", "weeks"]))
def test_a_duration_is_as_many_units_as_it_says(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit[0]}") == timedelta(**{unit: number})


@pytest.mark.parametrize("text", ["1d\n", "+1d", "1\u00a0d", "x" * 10_000])
def test_a_refusal_shows_little_of_the_text_and_a_way_out(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_duration(text)
    assert len(caught.value.message) < 110
    assert "15m" in str(caught.value.hint)
