"""Statements that SQLAlchemy compiles once, and the driver runs.

Services use them for what they do with every request, because the driver alone takes a fraction of
the time that SQLAlchemy needs to execute a statement.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Engine, Executable
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]
Values = Mapping[str, Any]
Processor = Callable[[Any], Any]

_log = logging.getLogger("sqlalchemy.engine")


class CompiledStatement(NamedTuple):
    """The text of a statement in a dialect, and how to write its values and read its rows."""

    text: str
    names: tuple[str, ...] | None
    constants: Values
    writers: tuple[tuple[str, Processor], ...]
    readers: tuple[tuple[int, Processor], ...]

    def parameters(self, values: Values) -> Any:
        """Return values in the form that the driver takes."""
        parameters = {**self.constants, **values}
        for name, write in self.writers:
            parameters[name] = write(parameters[name])
        return parameters if self.names is None else [parameters[name] for name in self.names]

    def read(self, row: Row) -> Row:
        """Return a row of the driver as SQLAlchemy would return it."""
        if not self.readers:
            return row
        cells = list(row)
        for number, read in self.readers:
            cells[number] = read(cells[number])
        return tuple(cells)


class Statement:
    """A statement whose values are bound parameters.

    Args:
        statement: the statement.
        columns: the columns that an INSERT has values for.
    """

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement: Any = statement
        self._columns = columns
        self._compiled: dict[str, CompiledStatement] = {}

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """Run the statement and return its rows."""
        if is_watched(connection):
            return [tuple(row) for row in connection.execute(self._statement, dict(values))]
        compiled = self.compile(connection.dialect)
        return [compiled.read(row) for row in self._run(connection, compiled, values).fetchall()]

    def first(self, connection: Connection, values: Values) -> Row | None:
        """Run the statement and return its first row; None if there is none."""
        rows = self.rows(connection, values)
        return rows[0] if rows else None

    def count(self, connection: Connection, values: Values) -> int:
        """Run the statement and return how many rows it changed."""
        if is_watched(connection):
            statement = self._statement.execution_options(preserve_rowcount=True)
            return connection.execute(statement, dict(values)).rowcount
        compiled = self.compile(connection.dialect)
        count: int = self._run(connection, compiled, values).rowcount
        return count

    def compile(self, dialect: Dialect) -> CompiledStatement:
        """Compile the statement for a dialect, once."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        return compiled

    def _compile(self, dialect: Dialect) -> CompiledStatement:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        writers = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for bound, name in compiled.bind_names.items()
        }
        columns = getattr(self._statement, "exported_columns", ())
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]
        return CompiledStatement(
            str(compiled),
            tuple(compiled.positiontup) if compiled.positional else None,
            compiled.params,
            tuple((name, write) for name, write in writers.items() if write is not None),
            tuple((number, read) for number, read in enumerate(readers) if read is not None),
        )

    def _run(self, connection: Connection, compiled: CompiledStatement, values: Values) -> Any:
        parameters = compiled.parameters(values)
        return run_on_driver(
            connection,
            compiled.text,
            lambda driver: driver.execute(compiled.text, parameters),
        )


def run_together(connection: Connection, statements: Sequence[Statement]) -> list[list[Row]]:
    """Run statements without values in one round trip to PostgreSQL, and return their rows.

    Each sees what had been committed when it began.
    """
    if is_watched(connection):
        return [statement.rows(connection, {}) for statement in statements]
    compiled = [statement.compile(connection.dialect) for statement in statements]
    text = "; ".join(statement.text for statement in compiled)

    def run(driver: Any) -> list[list[Row]]:
        cursor, results = driver.execute(text), []
        for statement in compiled:
            results.append([statement.read(row) for row in cursor.fetchall()])
            cursor.nextset()
        return results

    rows: list[list[Row]] = run_on_driver(connection, text, run)
    return rows


def run_on_driver(connection: Connection, text: str, run: Callable[[Any], Any]) -> Any:
    """Call a function with the driver's connection in a transaction, which begins now if none has.

    See :func:`use_driver`.
    """
    if not connection.in_transaction():
        connection.begin()
    return use_driver(connection, text, run)


def use_driver(connection: Connection, text: str, run: Callable[[Any], Any]) -> Any:
    """Call a function with the driver's connection, and return its result.

    Args:
        connection: the connection.
        text: the statement, for the error.
        run: uses the driver's connection.

    Raises:
        sqlalchemy.exc.DBAPIError: as for every statement of SQLAlchemy.
    """
    pool_connection, dialect = connection.connection, connection.dialect
    try:
        # The drivers of both databases are the DBAPI themselves.
        return run(pool_connection.dbapi_connection)
    except dialect.loaded_dbapi.Error as error:
        is_disconnect = dialect.is_disconnect(error, pool_connection, None)
        wrapped_error = DBAPIError.instance(
            text,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=is_disconnect,
            dialect=dialect,
        )
        if is_disconnect:
            connection.invalidate(error)
        raise wrapped_error from error


def is_watched(connection: Connection | Engine) -> bool:
    """Tell whether a listener or the log follows the statements that SQLAlchemy executes."""
    events: Any = connection.engine.dispatch
    return bool(
        events.before_cursor_execute
        or events.after_cursor_execute
        or _log.isEnabledFor(logging.INFO)
    )
