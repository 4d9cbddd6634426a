"""The longest span of time, and how a refusal shows what was typed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.cli.options import duration
from userctl.errors import InvalidInput


def test_a_hundred_years_are_accepted_and_not_a_second_more() -> None:
    assert duration("36500d") == timedelta(days=36_500)
    for text in ("36501d", f"{36_500 * 86_400 + 1}s"):
        with pytest.raises(InvalidInput):
            duration(text)


@given(st.integers(0, 5000), st.sampled_from(["seconds", "minutes", "hours", "days", "weeks"]))
def test_a_span_is_as_many_units_as_it_says(number: int, unit: str) -> None:
    assert duration(f"{number}{unit[0]}") == timedelta(**{unit: number})


@pytest.mark.parametrize("text", ["1d\n", "+1d", "1\u00a0d", "x" * 10_000])
def test_a_refusal_shows_little_of_the_text_and_a_way_out(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        duration(text)
    assert len(caught.value.message) < 100
    assert "15m" in str(caught.value.hint)
