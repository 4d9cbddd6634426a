"""All rows of all tables, for copying a database."""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import inspect, text, type_coerce
from sqlalchemy import select as core_select
from sqlalchemy.types import NULLTYPE
from sqlmodel import Session, func, select

from userctl.core.errors import RowUnreadable
from userctl.models import TABLES
from userctl.models.base import Base
from userctl.repositories.bulk_insert import copy_rows
from userctl.repositories.changes import require_count
from userctl.repositories.stored_values import RowChecker

CHUNK = 10_000

Row = Sequence[Any]

_NUMBERED_TABLES = ("users", "refresh_tokens", "api_tokens")
"""The tables whose ids the database assigns, each only once."""


class TableCopyRepository:
    """All tables, whatever their rows mean."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        query = select(func.count()).select_from(_table(table))
        return self._session.exec(query).one()

    def lock_tables(self) -> None:
        """Keep other transactions from adding rows until this one ends."""
        if self._dialect == "postgresql":
            names = ", ".join(TABLES)
            self._session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))

    def chunks(self, table: str) -> Iterator[Sequence[Row]]:
        """Yield all rows of a table, with the values in the order of the model's columns.

        Raises:
            RowUnreadable: naming a row that cannot be read, and its column.
        """
        options = {"yield_per": CHUNK}
        query = core_select(*_table(table).columns)
        checker = RowChecker(_table(table))
        result = self._session.connection().execute(query, execution_options=options)
        for chunk in result.partitions():
            yield checker.readable_rows(chunk, None)

    def unreadable_rows(self, table: str) -> Iterator[RowUnreadable]:
        """Yield an error for each row of a table that cannot be read."""
        columns = (type_coerce(column, NULLTYPE) for column in _table(table).columns)
        result = self._session.connection().execute(
            core_select(*columns), execution_options={"yield_per": CHUNK}
        )
        checker, errors = RowChecker(_table(table)), deque[RowUnreadable]()
        for chunk in result.partitions():
            checker.readable_rows(chunk, errors.append)
            while errors:
                yield errors.popleft()

    def add(self, table: str, rows: Sequence[Row]) -> None:
        """Insert rows that :meth:`chunks` returned."""
        count = copy_rows(self._session.connection(), _table(table), rows)
        require_count("INSERT", table, count, len(rows))

    def last_numbers(self) -> dict[str, int]:
        """Return the last id that each table assigned, even if its row is gone; 0 for none."""
        return {table: self._last_number(table) for table in _NUMBERED_TABLES}

    def set_sequences(self, numbers: dict[str, int]) -> None:
        """Make each table assign only ids after a number."""
        for table, number in numbers.items():
            values = {"table": table, "number": max(number, 1), "used": number > 0}
            if self._dialect == "postgresql":
                query = "SELECT setval(pg_get_serial_sequence(:table, 'id'), :number, :used)"
                self._session.execute(text(query), values)
            elif number:
                self._session.execute(
                    text("DELETE FROM sqlite_sequence WHERE name = :table"), values
                )
                self._session.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :number)"), values
                )

    def foreign_columns(self) -> list[str]:
        """Return the columns that another program added to our tables."""
        inspector = inspect(self._session.connection())
        return [
            f"{table}.{column['name']}"
            for table in TABLES
            for column in inspector.get_columns(table)
            if column["name"] not in _table(table).columns
        ]

    def _last_number(self, table: str) -> int:
        if self._dialect == "sqlite":
            query = "SELECT seq FROM sqlite_sequence WHERE name = :table"
        else:
            query = (
                "SELECT last_value FROM pg_sequences WHERE "
                "(quote_ident(schemaname) || '.' || quote_ident(sequencename))::regclass = "
                "pg_get_serial_sequence(:table, 'id')::regclass"
            )
        last_id = self._session.execute(text(query), {"table": table}).scalar()
        # Any program can write anything there on SQLite.
        last_id = last_id if isinstance(last_id, int) else 0
        # Another program may have chosen ids itself.
        largest = self._session.execute(core_select(func.max(_table(table).columns.id))).scalar()
        return max(last_id, largest or 0)

    @property
    def _dialect(self) -> str:
        return self._session.connection().dialect.name


class Digest:
    """A digest of rows that does not depend on their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows to the digest."""
        for row in rows:
            line = json.dumps(list(row), separators=(",", ":"), default=str).encode()
            # A sum, unlike an exclusive or, notices a duplicate row.
            self._sum += int.from_bytes(sha256(line).digest())
        self.rows += len(rows)

    @property
    def text(self) -> str:
        """The digest of all rows so far, in hexadecimal."""
        return f"{self._sum % 2**256:064x}"


def _table(name: str) -> Any:
    return Base.metadata.tables[name]
