"""Inserts many rows in the fastest way of each database."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlmodel import SQLModel

from userctl.repositories.changes import KEEP_ROWCOUNT
from userctl.repositories.statement import run_on_driver

Row = Sequence[Any]
Processor = Callable[[Any], Any]

BLOCK = 500
"""How many rows go to PostgreSQL at once: as many as fit into a socket buffer, so that the server
works on them while the next are prepared."""


_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES = str.maketrans(_ESCAPED)


def insert_rows(
    connection: Connection,
    model: type[SQLModel],
    names: Sequence[str],
    rows: Sequence[Row],
) -> int:
    """Insert rows into a table; inside a savepoint, all of them or none. Return how many.

    Args:
        connection: the connection.
        model: the table.
        names: the columns.
        rows: their values, in the same order.

    Raises:
        sqlalchemy.exc.DBAPIError: as for every other statement.
    """
    table = model.metadata.tables[str(model.__tablename__)]
    types = [table.columns[name].type.dialect_impl(connection.dialect) for name in names]
    processors = [kind.bind_processor(connection.dialect) for kind in types]
    columns = ", ".join(names)
    if connection.dialect.name == "postgresql":
        statement = f"COPY {table.name} ({columns}) FROM STDIN"
        texts = _cache_results([process and _convert_to_text(process) for process in processors])

        def write(copy: Any) -> None:
            for block in _blocks(rows):
                copy.write(_copy_text(block, texts))

        return _copy(connection, statement, write)
    placeholders = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({placeholders})"  # noqa: S608
    values = list(zip(*_convert_columns(rows, _cache_results(processors)), strict=True))
    return connection.exec_driver_sql(statement, values, KEEP_ROWCOUNT).rowcount


def copy_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert rows that have a value for each column of a table, and return how many.

    Raises:
        sqlalchemy.exc.DBAPIError: as for every other statement.
    """
    names = table.columns.keys()
    if connection.dialect.name != "postgresql":
        values = [dict(zip(names, row, strict=True)) for row in rows]
        return connection.execute(insert(table).execution_options(**KEEP_ROWCOUNT), values).rowcount
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"

    def write(copy: Any) -> None:
        for row in rows:
            copy.write_row(row)

    return _copy(connection, statement, write)


def _blocks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def _copy_text(rows: Sequence[Row], processors: Iterable[Processor | None]) -> str:
    """Return rows in the text format of COPY, a column at a time: several times as fast as CSV."""
    columns = [_escape_cells(list(column)) for column in _convert_columns(rows, processors)]
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _escape_cells(column: Sequence[Any]) -> Sequence[str]:
    texts = ["" if value is None else str(value) for value in column]
    joined = "".join(texts)
    if any(special in joined for special in _ESCAPED):
        texts = [text.translate(_ESCAPES) for text in texts]
    if None in column:
        pairs = zip(column, texts, strict=True)
        return ["\\N" if value is None else text for value, text in pairs]
    return texts


def _convert_to_text(process: Processor) -> Processor:
    return lambda value: None if value is None else str(process(value))


def _cache_results(processors: Iterable[Processor | None]) -> list[Processor | None]:
    # Most rows of an import have the same times and states.
    return [process and lru_cache(64)(process) for process in processors]


def _convert_columns(
    rows: Iterable[Row], processors: Iterable[Processor | None]
) -> Iterator[Iterable[Any]]:
    """Yield the columns of rows as the driver takes them."""
    for process, column in zip(processors, zip(*rows, strict=True), strict=False):
        yield map(process, column) if process else column


def _copy(connection: Connection, statement: str, write: Callable[[Any], None]) -> int:
    """Run a COPY, and return how many rows it inserted."""

    def run(driver: Any) -> int:
        with driver.cursor() as cursor:
            with cursor.copy(statement) as copy:
                write(copy)
            return int(cursor.rowcount)

    count: int = run_on_driver(connection, statement, run)
    return count
