"""Statements that SQLAlchemy compiles once, and the driver runs.

What a service does with each request consists of these, because the driver alone takes a fraction
of the time that SQLAlchemy needs to execute a statement.
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


class Compiled(NamedTuple):
    """The text of a statement in a dialect, and how its values are written and its rows read."""

    text: str
    names: tuple[str, ...] | None
    constants: Values
    writers: tuple[tuple[str, Processor], ...]
    readers: tuple[tuple[int, Processor], ...]

    def parameters(self, values: Values) -> Any:
        """Return values as the driver takes them."""
        bound = {**self.constants, **values}
        for name, write in self.writers:
            bound[name] = write(bound[name])
        return bound if self.names is None else [bound[name] for name in self.names]

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
        self._compiled: dict[str, Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """Run the statement and return its rows."""
        if is_watched(connection):
            return [tuple(row) for row in connection.execute(self._statement, dict(values))]
        compiled = self.compiled(connection.dialect)
        return [compiled.read(row) for row in self._run(connection, compiled, values).fetchall()]

    def first(self, connection: Connection, values: Values) -> Row | None:
        """Run the statement and return its first row; None if there is none."""
        rows = self.rows(connection, values)
        return rows[0] if rows else None

    def count(self, connection: Connection, values: Values) -> int:
        """Run the statement and return how many rows it changed."""
        if is_watched(connection):
            counted = self._statement.execution_options(preserve_rowcount=True)
            return connection.execute(counted, dict(values)).rowcount
        changed: int = self._run(connection, self.compiled(connection.dialect), values).rowcount
        return changed

    def compiled(self, dialect: Dialect) -> Compiled:
        """Return the statement in a dialect."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> Compiled:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        writers = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for bound, name in compiled.bind_names.items()
        }
        columns = getattr(self._statement, "exported_columns", ())
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]
        return Compiled(
            str(compiled),
            tuple(compiled.positiontup) if compiled.positional else None,
            compiled.params,
            tuple((name, write) for name, write in writers.items() if write is not None),
            tuple((number, read) for number, read in enumerate(readers) if read is not None),
        )

    def _run(self, connection: Connection, compiled: Compiled, values: Values) -> Any:
        parameters = compiled.parameters(values)
        return run_on_driver(
            connection,
            compiled.text,
            lambda driver: driver.execute(compiled.text, parameters),
        )


def run_at_once(connection: Connection, statements: Sequence[Statement]) -> list[list[Row]]:
    """Run statements without values in one round trip to PostgreSQL, and return their rows.

    Each sees what was committed until it began.
    """
    if is_watched(connection):
        return [statement.rows(connection, {}) for statement in statements]
    compiled = [statement.compiled(connection.dialect) for statement in statements]
    text = "; ".join(each.text for each in compiled)

    def run(driver: Any) -> list[list[Row]]:
        cursor, found = driver.execute(text), []
        for each in compiled:
            found.append([each.read(row) for row in cursor.fetchall()])
            cursor.nextset()
        return found

    rows: list[list[Row]] = run_on_driver(connection, text, run)
    return rows


def run_on_driver(connection: Connection, text: str, run: Callable[[Any], Any]) -> Any:
    """Let a function use the driver's connection in a transaction, which begins now at the latest.

    See :func:`use_driver`.
    """
    if not connection.in_transaction():
        connection.begin()
    return use_driver(connection, text, run)


def use_driver(connection: Connection, text: str, run: Callable[[Any], Any]) -> Any:
    """Let a function use the driver's connection, and return what it returns.

    Args:
        connection: the connection.
        text: the statement, for the error.
        run: uses the driver's connection.

    Raises:
        sqlalchemy.exc.DBAPIError: as for every statement of SQLAlchemy.
    """
    pooled, dialect = connection.connection, connection.dialect
    try:
        # The drivers of both databases are the DBAPI themselves.
        return run(pooled.dbapi_connection)
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, pooled, None)
        raised = DBAPIError.instance(
            text,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=dialect,
        )
        if lost:
            connection.invalidate(error)
        raise raised from error


def is_watched(connection: Connection | Engine) -> bool:
    """Tell whether something listens to the statements that SQLAlchemy executes."""
    events: Any = connection.engine.dispatch
    return bool(
        events.before_cursor_execute
        or events.after_cursor_execute
        or _log.isEnabledFor(logging.INFO)
    )
