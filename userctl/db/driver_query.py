"""Queries that SQLAlchemy compiles once, and the driver runs.

A service runs one with each request, and the driver alone takes a fraction of the time that
SQLAlchemy's execution and a transaction with round trips of its own would take.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from sqlalchemy import Engine, Select

from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.errors import translate_errors
from userctl.db.execution_options import READ_ONLY
from userctl.db.postgresql.session import begin_statement
from userctl.repositories.statement import Row, Statement, is_watched

_BEGIN = begin_statement(lock_seconds=BUSY_TIMEOUT_SECONDS, limits_statements=False, read_only=True)


class DriverQuery:
    """A query whose values are numbers and texts."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = Statement(query)

    def rows(self, engine: Engine, values: Mapping[str, int | str]) -> list[Row]:
        """Return all rows, read in a transaction of their own."""
        if is_watched(engine):
            read_only_engine = engine.execution_options(**{READ_ONLY: True})
            with translate_errors(), read_only_engine.connect() as connection:
                return self._query.rows(connection, values)
        dialect = engine.dialect
        compiled = self._query.compile(dialect)
        with translate_errors(), closing(engine.raw_connection()) as pool_connection:
            driver = pool_connection.driver_connection
            assert driver is not None
            if dialect.name == "postgresql":
                try:
                    rows = _postgresql_rows(driver, compiled.text, compiled.parameters(values))
                finally:
                    if driver.closed:
                        # The pool would log that it cannot roll back.
                        pool_connection.invalidate()
            else:
                driver.wait_at_most(BUSY_TIMEOUT_SECONDS * 1000)
                rows = driver.execute(compiled.text, compiled.parameters(values)).fetchall()
        return [compiled.read(row) for row in rows]


def _postgresql_rows(driver: Any, text: str, values: Mapping[str, Any]) -> list[Row]:
    """Send the query and the transaction around it in one message.

    The server takes several statements only without parameters, so the driver inserts the values.
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
