"""Times on their way into and out of a column."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis.strategies import datetimes, timezones
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite import DATETIME

from userctl.core.errors import DatabaseDamaged
from userctl.models.types import UTCDateTime
from userctl.models.unreadable_values import UnreadableValue

TIME = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
THERE = TIME.astimezone(timezone(timedelta(hours=-7)))
SQLITE = sqlite.dialect()
DIALECTS = pytest.mark.parametrize("dialect", [SQLITE, postgresql.dialect()])


def read(value: Any, dialect: Dialect = SQLITE) -> datetime | None:
    """Return what comes of a stored value."""
    return UTCDateTime().result_processor(dialect, None)(value)


def write(value: Any, dialect: Dialect = SQLITE) -> Any:
    """Return what is stored of a value."""
    return UTCDateTime().bind_processor(dialect)(value)


@DIALECTS
def test_a_naive_time_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="naive"):
        write(TIME.replace(tzinfo=None), dialect)


def test_a_time_is_stored_in_utc() -> None:
    stored = write(THERE, postgresql.dialect())
    assert (stored, stored.utcoffset()) == (TIME, timedelta())
    assert write(THERE) == "2030-01-02 03:04:05.000000"


@given(datetimes(timezones=timezones()))
def test_sqlite_stores_the_text_that_sqlalchemy_would(time: datetime) -> None:
    try:
        there = time.astimezone(UTC)
    except OverflowError:
        # The first and the last day have no form in UTC.
        assume(False)
    process = DATETIME().bind_processor(SQLITE)
    assert process is not None
    assert write(time) == process(there)


def test_the_hour_that_comes_twice_when_summer_time_ends_is_stored_as_two() -> None:
    first = datetime(2030, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    stored = [write(first), write(first.replace(fold=1))]
    assert stored == ["2030-10-27 00:30:00.000000", "2030-10-27 01:30:00.000000"]


@DIALECTS
def test_no_time_stays_no_time(dialect: Dialect) -> None:
    assert write(None, dialect) is None
    assert read(None, dialect) is None


@DIALECTS
def test_what_cannot_be_read_is_stored_again_as_it_was(dialect: Dialect) -> None:
    assert write(UnreadableValue("yesterday"), dialect) == "yesterday"


@pytest.mark.parametrize(
    ("value", "dialect"),
    [
        ("2030-01-02 03:04:05.000000", SQLITE),
        ("2030-01-02 03:04:05", SQLITE),
        (TIME, postgresql.dialect()),
        (THERE, postgresql.dialect()),
    ],
)
def test_a_stored_time_is_read_as_aware_utc(value: Any, dialect: Dialect) -> None:
    time = read(value, dialect)
    assert time is not None
    assert (time, time.tzinfo) == (TIME, UTC)


@pytest.mark.parametrize("value", ["yesterday", "", "2030-13-01 00:00:00", 17, b"\xff", "x" * 999])
def test_a_stored_value_that_is_no_time_is_named_as_damage(value: Any) -> None:
    time: Any = read(value)
    with pytest.raises(DatabaseDamaged) as caught:
        assert time < TIME
    assert repr(value)[:10] in caught.value.message
    assert len(caught.value.message) < 150


def test_a_time_that_has_no_form_in_utc_is_named_as_damage() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    time: Any = read(early, postgresql.dialect())
    with pytest.raises(DatabaseDamaged):
        assert time > TIME
