"""Changes rows, and makes sure that the database really did so.

A trigger of an application can ignore a change without an error: ``RAISE(IGNORE)`` on SQLite, and
``RETURN NULL`` or a rule on PostgreSQL, as for a "soft delete". The number of changed rows is then
the only sign.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, Select, Update, insert, literal, select
from sqlmodel import Session, SQLModel

from userctl.core.errors import ChangeIgnored
from userctl.repositories.statement import Statement

KEEP_ROWCOUNT: Any = {"preserve_rowcount": True}
"""The execution option with which SQLAlchemy keeps the number of rows of an INSERT."""


def insert_row(session: Session, row: Any) -> None:
    """Insert a row, which then has the id that the database generated for it.

    Raises:
        ChangeIgnored: if a trigger ignored it.
    """
    model = type(row)
    # Not model_dump(), which warns about values that another program stored with another type.
    values = {name: getattr(row, name) for name in model.model_fields if name != "id"}
    row.id = insert_values(session.connection(), model, values)


def insert_values(connection: Connection, model: type[SQLModel], values: Mapping[str, Any]) -> int:
    """Insert a row, and return the id that the database generated for it.

    Args:
        connection: the connection.
        model: the table.
        values: the values of the columns; those that are missing become null.

    Raises:
        ChangeIgnored: if a trigger ignored it.
    """
    statement, empty_row = _insert_statement(model)
    id_row = statement.first(connection, {**empty_row, **values})
    if id_row is None:
        raise ChangeIgnored("INSERT", str(model.__tablename__))
    number: int = id_row[0]
    return number


@cache
def _insert_statement(model: Any) -> tuple[Statement, dict[str, Any]]:
    """Return the statement that inserts a row, and a row without any value."""
    names = [name for name in model.model_fields if name != "id"]
    table = model.metadata.tables[model.__tablename__]
    return Statement(insert(table).returning(table.c.id), names), dict.fromkeys(names)


def insert_all(
    connection: Connection, model: type[SQLModel], rows: Sequence[dict[str, Any]]
) -> None:
    """Insert rows that have a value for each column.

    Raises:
        ChangeIgnored: if a trigger ignored one.
    """
    result = connection.execute(insert(model).execution_options(**KEEP_ROWCOUNT), rows)
    require_count("INSERT", str(model.__tablename__), result.rowcount, len(rows))


class Change:
    """An update or a delete that is built once, and run often; see :func:`change`."""

    def __init__(self, statement: Update | Delete, *conditions: ColumnElement[bool]) -> None:
        self._statement = statement
        self._matching = Statement(statement.where(*conditions))
        self._remaining = Statement(_remaining_row_query(statement, conditions))

    def run(self, connection: Connection, values: Mapping[str, Any], *, expected: int) -> int:
        """Change the rows, and return how many there were.

        Raises:
            ChangeIgnored: if a row is left that meets the conditions.
        """
        return _change_all(
            self._statement,
            lambda: self._matching.count(connection, values),
            lambda: self._remaining.first(connection, values),
            expected,
        )


def change(
    session: Session,
    statement: Update | Delete,
    *conditions: ColumnElement[bool],
    expected: int | None = None,
) -> int:
    """Update or delete the rows that meet all conditions, and return how many there were.

    Args:
        session: the session.
        statement: the change, after which a row no longer meets all of the conditions.
        conditions: the conditions.
        expected: the most rows that can match; if so many changed, no others are looked for.

    Raises:
        ChangeIgnored: if a row is left that meets the conditions.
    """
    connection, matching = session.connection(), statement.where(*conditions)
    return _change_all(
        statement,
        lambda: connection.execute(matching).rowcount,
        lambda: connection.execute(_remaining_row_query(statement, conditions)).first(),
        expected,
    )


def _remaining_row_query(
    statement: Update | Delete, conditions: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """Return the query for a row that a change should have changed but did not.

    Another transaction may have committed one meanwhile. The query locks it, so that the next
    attempt is certain to change it.
    """
    query = select(literal(1)).select_from(statement.table).where(*conditions)
    return query.limit(1).with_for_update()


def _change_all(
    statement: Update | Delete,
    change_rows: Callable[[], int],
    find_remaining: Callable[[], object],
    expected: int | None,
) -> int:
    count = change_rows()
    if count == expected:
        return count
    while find_remaining() is not None:
        more = change_rows()
        if not more:
            table: Any = statement.table
            raise ChangeIgnored("DELETE" if statement.is_delete else "UPDATE", table.name)
        count += more
    return count


def require_none_left(
    session: Session, verb: str, table: Any, *conditions: ColumnElement[bool]
) -> None:
    """Make sure that a change left no row that meets the conditions.

    Raises:
        ChangeIgnored: if it did.
    """
    query = select(literal(1)).select_from(table).where(*conditions).limit(1)
    if session.connection().execute(query).first() is not None:
        raise ChangeIgnored(verb, getattr(table, "name", None) or table.__tablename__)


def require_count(verb: str, table: str, changed: int, expected: int) -> None:
    """Make sure that a change affected as many rows as expected.

    Raises:
        ChangeIgnored: if they were fewer.
    """
    if changed < expected:
        raise ChangeIgnored(verb, table)
