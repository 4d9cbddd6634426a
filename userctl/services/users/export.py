"""Exporting users."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from userctl.core.clock import Clock
from userctl.core.stand_in_hash import is_unmatchable
from userctl.core.text import rfc3339
from userctl.db.transaction.unit_of_work import Database
from userctl.models import User
from userctl.repositories.stored_values import OnUnreadable, RowChecker, python_type, read_time
from userctl.repositories.user_pages import OWN_HASH
from userctl.schemas.user_fields import SHOWN_FIELDS
from userctl.services.users.export_needs import ImportNeeds

CHUNK = 1000

_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?", re.ASCII)
"""The form in which userctl and SQLite's own clock write a time, always in UTC."""

Convert = Callable[[Iterable[Any]], Iterable[Any]]
"""Converts a column of a chunk, which is faster than converting value by value."""


class UserExportService:
    """The use case that exports all users."""

    def __init__(self, database: Database, *, roles: Sequence[str], clock: Clock) -> None:
        self._database = database
        self._roles = roles
        self._clock = clock

    def fields(self, *, with_hashes: bool) -> Sequence[str]:
        """Return the names of the exported fields of a user."""
        return (*SHOWN_FIELDS, "hashed_password") if with_hashes else SHOWN_FIELDS

    def needs(self) -> ImportNeeds:
        """Return a new counter of the users for whom an import needs an option."""
        return ImportNeeds(self._roles, self._clock())

    def chunks(
        self,
        *,
        with_hashes: bool,
        on_unreadable: OnUnreadable | None = None,
        needs: ImportNeeds | None = None,
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield all users as of one moment, in chunks, without holding them all in memory.

        Each user is a tuple of the values of :meth:`fields`; the hash of a user without a password
        is None.

        Args:
            with_hashes: whether to export the hashes of passwords.
            on_unreadable: called with the error of each unreadable row; None raises it instead.
            needs: counts the users that are exported.

        Raises:
            RowUnreadable: naming a row and its column.
        """
        fields = self.fields(with_hashes=with_hashes)
        return self.rows(fields, on_unreadable=on_unreadable, needs=needs)

    def rows(
        self,
        fields: Sequence[str],
        *,
        on_unreadable: OnUnreadable | None = None,
        needs: ImportNeeds | None = None,
        set_name: str | None = None,
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the values of some fields as :meth:`chunks` does; the first field must be ``id``.

        Args:
            fields: the names of the fields.
            on_unreadable: as for :meth:`chunks`.
            needs: as for :meth:`chunks`.
            set_name: the set of declared users to export; None for all users.
        """
        sources = [_source(field) for field in fields]
        columns = list(dict.fromkeys(column for column, _ in sources))
        places = [(columns.index(column), convert) for column, convert in sources]
        checker = RowChecker(User.metadata.tables["users"], columns)
        with self._database.reading() as uow:
            if needs is not None:
                needs.shared = uow.users.shared_addresses()
            for chunk in uow.user_pages.chunks(columns, CHUNK, set_name):
                if good := checker.readable_rows(chunk, on_unreadable):
                    converted = _convert(good, places)
                    if needs is not None:
                        needs.add(fields, converted)
                    yield list(zip(*converted, strict=True))


def _source(field: str) -> tuple[str, Convert | None]:
    """Return the column of a field, and the conversion if one is needed."""
    if field == "status":
        return "disabled_at", _statuses
    if field == "has_password":
        return OWN_HASH, _has_password
    if field == "email":
        return field, _addresses
    if field == "hashed_password":
        return OWN_HASH, _hashes
    converters: dict[type, Convert] = {datetime: partial(map, _format_time), bool: _truth_values}
    return field, converters.get(python_type(User.metadata.tables["users"].columns[field]))


def _addresses(addresses: Iterable[str | None]) -> Iterable[str]:
    # An application may have users without an address.
    return [address or "" for address in addresses]


def _statuses(times: Iterable[object]) -> Iterable[str]:
    return ["active" if time is None else "disabled" for time in times]


def _has_password(hashes: Iterable[str]) -> Iterable[bool]:
    return [not is_unmatchable(hashed) for hashed in hashes]


def _truth_values(values: Iterable[Any]) -> Iterable[bool | None]:
    return [None if value is None else bool(value) for value in values]


def _hashes(hashes: Iterable[str]) -> Iterable[str | None]:
    return [None if is_unmatchable(hashed) else hashed for hashed in hashes]


def _convert(
    chunk: Sequence[Sequence[Any]], places: Sequence[tuple[int, Convert | None]]
) -> list[Sequence[Any]]:
    """Return the columns of a chunk as they are exported."""
    columns = list(zip(*chunk, strict=True))
    return [
        list(convert(columns[place])) if convert else columns[place] for place, convert in places
    ]


@lru_cache(CHUNK)
def _format_time(value: str | datetime | None) -> str | None:
    """Return a stored time as RFC 3339; converting it to a datetime would be five times slower."""
    if value is None:
        return None
    if isinstance(value, str) and _STORED_TIME.fullmatch(value):
        return f"{value[:10]}T{value[11:19]}Z"
    return rfc3339(read_time(value))
