"""Exporting users."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from types import NoneType
from typing import Any

from sqlalchemy import Column
from sqlalchemy.types import TypeDecorator

from userctl.core.errors import DatabaseDamaged
from userctl.core.stand_in_hash import is_unmatchable
from userctl.core.text import rfc3339
from userctl.db.transaction.unit_of_work import Database
from userctl.models import User
from userctl.repositories.users import OWN_HASH
from userctl.schemas.user_fields import SHOWN_FIELDS

CHUNK = 1000

_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?", re.ASCII)
"""How userctl and SQLite's own clock write a time, always in UTC."""

Convert = Callable[[Iterable[Any]], Iterable[Any]]
"""Converts a column of a chunk, which takes less time than value by value."""


class UserExportService:
    """The use case that exports all users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fields(self, *, with_hashes: bool) -> Sequence[str]:
        """Return the names of the fields that are exported of each user."""
        return (*SHOWN_FIELDS, "hashed_password") if with_hashes else SHOWN_FIELDS

    def chunks(self, *, with_hashes: bool) -> Iterator[list[tuple[Any, ...]]]:
        """Yield all users as of one moment, in chunks, without holding them all in memory.

        Each user is a row of the values of :meth:`fields`; a user without a password has no hash.

        Raises:
            DatabaseDamaged: if a stored value has the wrong type.
        """
        sources = [_source(field) for field in self.fields(with_hashes=with_hashes)]
        columns = list(dict.fromkeys(column for column, _ in sources))
        places = [(columns.index(column), convert) for column, convert in sources]
        types = [_driver_types(column) for column in columns]
        known: set[tuple[type, ...]] = set()
        with self._database.reading() as uow:
            for chunk in uow.users.chunks(columns, CHUNK):
                # SQLite stores values of any type, and most rows have the same types.
                for found in {tuple(map(type, row)) for row in chunk} - known:
                    _require_types(chunk, found, types)
                    known.add(found)
                yield _convert(chunk, places)


def _source(field: str) -> tuple[str, Convert | None]:
    """Return the column that a field is made from, and the conversion if one is needed."""
    if field == "status":
        return "disabled_at", _statuses
    if field == "has_password":
        return OWN_HASH, _has_password
    if field == "hashed_password":
        return OWN_HASH, _hashes
    converters: dict[type, Convert] = {datetime: partial(map, _time), bool: partial(map, bool)}
    return field, converters.get(_python_type(_column(field)))


def _statuses(times: Iterable[object]) -> Iterable[str]:
    return ["active" if time is None else "disabled" for time in times]


def _has_password(hashes: Iterable[str]) -> Iterable[bool]:
    return [not is_unmatchable(hashed) for hashed in hashes]


def _hashes(hashes: Iterable[str]) -> Iterable[str | None]:
    return [None if is_unmatchable(hashed) else hashed for hashed in hashes]


def _driver_types(name: str) -> tuple[type, ...]:
    """Return the types of the values that the drivers return for a column."""
    if name == OWN_HASH:
        return (str,)
    column = _column(name)
    kind = _python_type(column)
    # SQLite has no types of its own for times and booleans.
    types = {datetime: (str, datetime), bool: (int, bool)}.get(kind, (kind,))
    return (*types, NoneType) if column.nullable else types


def _column(name: str) -> Column[Any]:
    return User.metadata.tables["users"].columns[name]


def _python_type(column: Column[Any]) -> type:
    kind = column.type
    return (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type


def _require_types(
    chunk: Sequence[Sequence[Any]], found: tuple[type, ...], types: Sequence[tuple[type, ...]]
) -> None:
    """Raise an error that names the first row of these types unless all of them are right."""
    if all(kind in right for kind, right in zip(found, types, strict=True)):
        return
    row = next(row for row in chunk if tuple(map(type, row)) == found)
    raise DatabaseDamaged(f"User {row[0]!r:.40} has a stored value of the wrong type.")


def _convert(
    chunk: Sequence[Sequence[Any]], places: Sequence[tuple[int, Convert | None]]
) -> list[tuple[Any, ...]]:
    """Return the rows of a chunk as they are exported."""
    columns = list(zip(*chunk, strict=True))
    converted = (
        convert(columns[place]) if convert else columns[place] for place, convert in places
    )
    try:
        return list(zip(*converted, strict=True))
    except ValueError:
        if len(chunk) > 1:
            for row in chunk:
                _convert([row], places)
        raise DatabaseDamaged(f"User {chunk[0][0]} has a timestamp that cannot be read.") from None


@lru_cache(CHUNK)
def _time(value: str | datetime | None) -> str | None:
    """Return a stored time as RFC 3339; going through a datetime would take five times as long."""
    if value is None:
        return None
    if isinstance(value, str):
        if _STORED_TIME.fullmatch(value):
            return f"{value[:10]}T{value[11:19]}Z"
        value = datetime.fromisoformat(value)
    return rfc3339(value if value.tzinfo else value.replace(tzinfo=UTC))
