"""Times and sizes as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from userctl.cli.output.human import human_size, relative_time

NOW = datetime(2030, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(), "now"),
        (timedelta(milliseconds=900), "now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(days=29), "29 d ago"),
        (timedelta(days=200), "6 mo ago"),
        (timedelta(days=800), "2 y ago"),
        (-timedelta(days=7), "in 7 d"),
        (-timedelta(hours=1), "in 1 h"),
    ],
)
def test_a_time_is_told_by_how_far_away_it_is(distance: timedelta, said: str) -> None:
    assert relative_time(NOW - distance, NOW) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (12_897_532, "12.3 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (3000 * 1024**4, "3000.0 TiB"),
    ],
)
def test_a_size_is_told_in_the_largest_unit_that_it_fills(size: int, said: str) -> None:
    assert human_size(size) == said
