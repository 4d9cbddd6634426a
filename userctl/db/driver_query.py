"""Queries that SQLAlchemy compiles once, and the driver runs.

A service runs one with each request, and the driver alone takes a fraction of the time that
SQLAlchemy's execution and a transaction with round trips of its own would take.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Engine, Select

from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.errors import typed_failures
from userctl.db.postgresql.session import begin_statement

_BEGIN = begin_statement(lock_seconds=BUSY_TIMEOUT_SECONDS, limited=False, reads=True)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class _Compiled:
    """The text of a query in a dialect, the names of its values, and what reads its columns."""

    text: str
    names: tuple[str, ...]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]


class DriverQuery:
    """A query whose values are numbers and texts."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, engine: Engine, values: Mapping[str, int | str]) -> list[Row]:
        """Return all rows, read in a transaction of their own."""
        dialect = engine.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        with typed_failures(), closing(engine.raw_connection()) as connection:
            driver = connection.driver_connection
            assert driver is not None
            if dialect.name == "postgresql":
                rows = _postgresql_rows(driver, compiled.text, values)
            else:
                rows = driver.execute(compiled.text, [values[n] for n in compiled.names]).fetchall()
        return [_read(row, compiled.readers) for row in rows]

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._query.compile(dialect=dialect)
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self._query.selected_columns
        ]
        found = _Compiled(
            str(compiled),
            tuple(compiled.positiontup or ()),
            tuple((number, read) for number, read in enumerate(readers) if read is not None),
        )
        self._compiled[dialect.name] = found
        return found


def _postgresql_rows(driver: Any, text: str, values: Mapping[str, int | str]) -> list[Row]:
    """Send the query and the transaction around it at once.

    Without parameters the server takes several statements, so the driver inserts the values.
    """
    import psycopg  # noqa: PLC0415

    from userctl.db.postgresql.errors import translate_postgresql  # noqa: PLC0415

    query = psycopg.ClientCursor(driver).mogrify(text, values)
    try:
        with driver.cursor() as cursor:
            cursor.execute(f"{_BEGIN}; {query}; ROLLBACK")
            while not cursor.pgresult.nfields:
                cursor.nextset()
            rows: list[Row] = cursor.fetchall()
    except psycopg.Error as error:
        raise (translate_postgresql(error) or error) from None
    return rows


def _read(row: Row, readers: tuple[tuple[int, Callable[[Any], Any]], ...]) -> Row:
    cells = list(row)
    for number, read in readers:
        cells[number] = read(cells[number])
    return tuple(cells)
