"""Exporting accounts."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any

from userctl.core.errors import DatabaseDamaged
from userctl.core.text import rfc3339
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.transfer import EXPORTED_FIELDS
from userctl.security.passwords import is_unmatchable

CHUNK = 1000

_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?", re.ASCII)
"""How userctl and SQLite's own clock write a time, always in UTC."""

_TYPES: Sequence[tuple[type, ...]] = (
    (int,),
    (str,),
    (str, NoneType),
    (str,),
    (str, datetime, NoneType),
    (str,),
    (int, bool),
    (str, datetime),
    (str, datetime),
)


class UserExportService:
    """The use case that writes all accounts down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fields(self, *, with_hashes: bool) -> Sequence[str]:
        """Return what is exported of an account."""
        return (*EXPORTED_FIELDS, "hashed_password") if with_hashes else EXPORTED_FIELDS

    def chunks(self, *, with_hashes: bool) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the accounts as they are at one moment, in chunks, without holding them all.

        Each is a row of the values of :meth:`fields`; an account without a password has no hash.

        Raises:
            DatabaseDamaged: if a value in the database is not what it should be.
        """
        known: set[tuple[type, ...]] = set()
        with self._database.reading() as uow:
            for chunk in uow.users.chunks(CHUNK):
                for kinds in {tuple(map(type, row)) for row in chunk} - known:
                    _require_types(chunk, kinds)
                    known.add(kinds)
                yield [_exported(row, with_hashes=with_hashes) for row in chunk]


def _require_types(chunk: Sequence[Sequence[Any]], kinds: tuple[type, ...]) -> None:
    """Make sure that rows of these types are in order: SQLite stores whatever it is given."""
    wrong = [kind not in right for kind, right in zip(kinds, _TYPES, strict=True)]
    if any(wrong):
        row = next(row for row in chunk if tuple(map(type, row)) == kinds)
        raise DatabaseDamaged(f"Account {row[0]!r:.40} holds a value of the wrong type.")


def _exported(row: Sequence[Any], *, with_hashes: bool) -> tuple[Any, ...]:
    number, email, name, role, disabled_at, own_hash, must_change, created_at, updated_at = row
    has_password = not is_unmatchable(own_hash)
    try:
        times = _time(created_at), _time(updated_at)
    except ValueError:
        raise DatabaseDamaged(f"Account {number} holds a time that cannot be read.") from None
    exported = (
        number,
        email,
        name,
        role,
        "active" if disabled_at is None else "disabled",
        has_password,
        bool(must_change),
        *times,
    )
    return (*exported, own_hash if has_password else None) if with_hashes else exported


@lru_cache(CHUNK)
def _time(value: str | datetime) -> str:
    """Return a stored time as RFC 3339; by way of a datetime it would take five times as long."""
    if isinstance(value, str):
        if _STORED_TIME.fullmatch(value):
            return f"{value[:10]}T{value[11:19]}Z"
        value = datetime.fromisoformat(value)
    return rfc3339(value if value.tzinfo else value.replace(tzinfo=UTC))
