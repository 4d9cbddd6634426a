"""Inserts many rows as fast as each database can."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel


def insert_rows(
    connection: Connection,
    model: type[SQLModel],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Insert rows of a table, all of them or none if this stands in a savepoint.

    Args:
        connection: where to.
        model: the table.
        names: the columns.
        rows: their values, in the same order.

    Raises:
        sqlalchemy.exc.DBAPIError: as for every other statement.
    """
    table = model.metadata.tables[str(model.__tablename__)]
    columns = [table.columns[name] for name in names]
    types = [column.type.dialect_impl(connection.dialect) for column in columns]
    processors = [kind.bind_processor(connection.dialect) for kind in types]
    stored = _stored(rows, processors)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table.name} ({', '.join(names)}) FROM STDIN", stored)
    else:
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
        connection.exec_driver_sql(statement, list(stored))


def _stored(rows: Iterable[Sequence[Any]], processors: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield rows as the driver takes them."""
    # Most rows of an import have the same times and states.
    conversions = [
        (position, lru_cache(64)(process)) for position, process in enumerate(processors) if process
    ]
    for row in rows:
        values = list(row)
        for position, convert in conversions:
            values[position] = convert(values[position])
        yield tuple(values)


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver = connection.dialect.loaded_dbapi
    pooled = connection.connection
    cursor: Any = pooled.cursor()
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        # SQLAlchemy knows no COPY, so it does not turn this error into one of its own either.
        raise DBAPIError.instance(
            statement,
            None,
            error,
            driver.Error,
            hide_parameters=True,
            connection_invalidated=connection.dialect.is_disconnect(error, pooled, cursor),
            dialect=connection.dialect,
        ) from error
