"""Stored values as they are in the database, readable or not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, cast, false, literal, or_
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import NULLTYPE, TypeDecorator

from userctl.core.errors import RowUnreadable
from userctl.models.types import Address
from userctl.models.unreadable_values import UnreadableValue, has_bad_bytes, unreadable_reason

Row = Sequence[Any]
OnUnreadable = Callable[[RowUnreadable], object]
"""Called with the error of each row that cannot be read."""


def bindable_value(value: Any, dialect: str) -> Any:
    """Return a stored value in the form in which it can be compared or stored again.

    Args:
        value: the value as it was loaded.
        dialect: the name of the dialect.
    """
    if isinstance(value, UnreadableValue):
        return literal(bindable_value(value.stored, dialect), NULLTYPE)
    if dialect == "sqlite" and isinstance(value, str) and has_bad_bytes(value):
        # The driver takes only text that is UTF-8.
        return cast(literal(value.encode("utf-8", "surrogateescape"), LargeBinary()), Text())
    return value


def has_value(column: Any, value: Any, dialect: str) -> Any:
    """Return the condition that a column still has a value."""
    if isinstance(value, datetime | UnreadableValue):
        # Another program may write the same time in another form.
        return column.is_not(None)
    if isinstance(value, bool):
        # On SQLite, every value but zero reads as true.
        is_set: Any = column.is_distinct_from(false())
        return is_set if value else ~is_set
    is_same: Any = column.is_not_distinct_from(bindable_value(value, dialect))
    # A missing address reads as blank text.
    return or_(is_same, column.is_(None)) if value == "" else is_same


class UndecodableText(Exception):
    """A text in a result is not UTF-8."""


@contextmanager
def native_text(connection: Connection) -> Iterator[None]:
    """Let SQLite's driver decode text itself within the block, in a third of the time.

    Raises:
        UndecodableText: if it meets text that is not UTF-8.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    tolerant_factory, driver.text_factory = driver.text_factory, str
    try:
        yield
    except OperationalError as error:
        if "Could not decode to UTF-8" in str(error.orig):
            raise UndecodableText from None
        raise
    finally:
        driver.text_factory = tolerant_factory


@lru_cache(1000)
def read_time(value: str | datetime) -> datetime:
    """Return a time as the driver returned it, in UTC.

    Raises:
        ValueError, OverflowError: if it is not a time.
    """
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class RowChecker:
    """Finds the rows of a table that cannot be read.

    Args:
        table: the table.
        columns: the columns of the rows, None for all; any name that is not a column stands for the
            hash of a user's own password.
    """

    def __init__(self, table: Table, columns: Sequence[str] | None = None) -> None:
        self._table = table
        self._names = columns = table.columns.keys() if columns is None else columns
        self._id = columns.index("id") if "id" in columns else 0
        self._columns = [table.columns.get(name) for name in columns]
        self._kinds = [str if c is None else python_type(c) for c in self._columns]
        self._readable_types: set[tuple[type, ...]] = set()

    def readable_rows(
        self, chunk: Sequence[Row], on_unreadable: OnUnreadable | None
    ) -> Sequence[Row]:
        """Return the rows of a chunk that can be read, and report the others.

        Args:
            chunk: rows of values as the driver returned them.
            on_unreadable: called for each other row; None raises the error instead.

        Raises:
            RowUnreadable: naming the first row that cannot be read, and its column.
        """
        if self._is_readable(chunk):
            return chunk
        rows = []
        for row in chunk:
            error = self.problem(row)
            if error is None:
                rows.append(row)
            elif on_unreadable is None:
                raise error
            else:
                on_unreadable(error)
        return rows

    def problem(self, row: Row) -> RowUnreadable | None:
        """Return why a row cannot be read; None if it can."""
        checks = zip(self._names, self._columns, self._kinds, row, strict=True)
        for name, column, kind, value in checks:
            if value is None and column is not None and _may_be_missing(column):
                continue
            if kind is datetime and isinstance(value, str) and _is_time(value):
                continue
            if (reason := unreadable_reason(value, kind)) is not None:
                column_name = name if column is not None else "hashed_password"
                return RowUnreadable(self._table.name, row[self._id], column_name, reason)
        return None

    def _is_readable(self, chunk: Sequence[Row]) -> bool:
        """Tell whether all rows can be read, by column: most rows have the same types."""
        types = {tuple(map(type, row)) for row in chunk} - self._readable_types
        try:
            for values, kind in zip(zip(*chunk, strict=True), self._kinds, strict=False):
                if kind is datetime:
                    list(map(read_time, filter(None, values)))
                elif kind is str:
                    "".join(filter(None, values)).encode()
        except (ValueError, OverflowError, TypeError, AttributeError):
            return False
        # SQLite stores values of any type.
        if all(self.problem(row) is None for row in chunk if tuple(map(type, row)) in types):
            self._readable_types |= types
            return True
        return False


def _may_be_missing(column: Column[Any]) -> bool:
    return bool(column.nullable) or isinstance(column.type, Address)


def _is_time(value: str) -> bool:
    try:
        read_time(value)
    except (ValueError, OverflowError):
        return False
    return True


def python_type(column: Column[Any]) -> type:
    """Return the type of the values of a column, once they are read."""
    kind = column.type
    return (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
