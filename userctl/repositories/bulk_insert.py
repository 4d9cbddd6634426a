"""Inserts many rows as fast as each database can."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

Processor = Callable[[Any], Any]


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
        rows: their values, in the same order; no text is empty.

    Raises:
        sqlalchemy.exc.DBAPIError: as for every other statement.
    """
    table = model.metadata.tables[str(model.__tablename__)]
    types = [table.columns[name].type.dialect_impl(connection.dialect) for name in names]
    processors = [kind.bind_processor(connection.dialect) for kind in types]
    columns = ", ".join(names)
    if connection.dialect.name == "postgresql":
        # The format in which Python writes fastest; what is empty there is NULL.
        statement = f"COPY {table.name} ({columns}) FROM STDIN (FORMAT csv)"
        texts = [process and _text(process) for process in processors]
        _copy(connection, statement, _stored(rows, texts))
    else:
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({columns}) VALUES ({places})"  # noqa: S608
        connection.exec_driver_sql(statement, list(_stored(rows, processors)))


def _text(process: Processor) -> Processor:
    return lambda value: None if value is None else str(process(value))


def _stored(
    rows: Iterable[Sequence[Any]], processors: Sequence[Processor | None]
) -> Iterator[tuple[Any, ...]]:
    """Yield rows as the driver takes them."""
    # Most rows of an import have the same times and states.
    conversions = [
        (position, lru_cache(64)(process))
        for position, process in enumerate(processors)
        if process is not None
    ]
    for row in rows:
        values = list(row)
        for position, convert in conversions:
            values[position] = convert(values[position])
        yield tuple(values)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    driver = connection.dialect.loaded_dbapi
    pooled = connection.connection
    cursor: Any = pooled.cursor()
    try:
        with cursor, cursor.copy(statement) as copy:
            copy.write(text.getvalue())
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
