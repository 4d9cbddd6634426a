"""Column types."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

from userctl.models.unreadable_values import UnreadableValue

Id = BigInteger().with_variant(Integer(), "sqlite")
"""An id of 64 bits. SQLite has no others, and generates ids only for the type INTEGER.

The column of an application may have 32 bits, which makes no difference to a statement.
"""


def sqlite_text(time: datetime) -> str:
    """Return a time as SQLAlchemy stores it on SQLite: in UTC, to the microsecond."""
    # In a zone with summer time, two times that are an hour apart may be equal.
    return _sqlite_text(time.astimezone(UTC))


@lru_cache(64)  # Many values of a transaction are the same time.
def _sqlite_text(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(" ", "microseconds")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on every dialect, even if the column does not store time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return a writer that rejects naive datetimes and stores the others in UTC."""
        as_text = dialect.name == "sqlite"

        def write(value: Any) -> Any:
            if value is None:
                return None
            if isinstance(value, UnreadableValue):
                # PostgreSQL accepts the value that it returned.
                return value.stored
            if value.tzinfo is None:
                raise ValueError("naive datetime")
            return sqlite_text(value) if as_text else value.astimezone(UTC)

        return write

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return a reader of times that wraps anything else in :class:`UnreadableValue`."""
        read: Any = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)

        def read_aware(value: Any) -> datetime | UnreadableValue | None:
            if value is None:
                return None
            try:
                time: datetime = read(value) if read else value
                return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
            except (ValueError, TypeError, AttributeError, OverflowError):
                return UnreadableValue(value)

        return read_aware


class Address(TypeDecorator[str]):
    """The e-mail address of a user; a missing one is read as an empty string.

    The column of an application may be null, for example for a person whose data were erased.
    """

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str:
        """Read a missing address as an empty string."""
        return "" if value is None else value


class StoredUTCDateTime(UTCDateTime):
    """A time, or the stored text itself if userctl would have written that time differently.

    SQLite stores times as text. One time can be written in many ways, but comparisons need one.
    """

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return a reader of times that returns text in any other form as it is stored."""
        read = super().result_processor(dialect, coltype)

        def read_exact(value: Any) -> Any:
            time = read(value)
            if not isinstance(time, datetime) or not isinstance(value, str):
                return time
            return time if value == sqlite_text(time) else value

        return read_exact
