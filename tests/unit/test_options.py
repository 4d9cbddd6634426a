"""Spans of time on the command line."""

from datetime import timedelta

import pytest

from userctl.cli.options import duration
from userctl.errors import InvalidInput


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
def test_a_span_has_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize(
    "text", ["", "1", "d", "1y", "-1d", "1.5d", "1 d", "1d ", "٣d", "999999999w", "1D", "1d1h"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        duration(text)
