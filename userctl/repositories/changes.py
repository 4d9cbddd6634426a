"""Changes rows, and makes sure that the database did what it was asked to do.

A trigger of an application can ignore a change without an error: ``RAISE(IGNORE)`` on SQLite, and
``RETURN NULL`` or a rule on PostgreSQL, as for a "soft delete". The number of changed rows is then
the only sign.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Delete, Update, insert, literal, select
from sqlmodel import Session, SQLModel

from userctl.core.errors import ChangeIgnored

COUNTED: Any = {"preserve_rowcount": True}
"""The execution option with which SQLAlchemy keeps the number of rows of an INSERT."""


def insert_row(session: Session, row: SQLModel) -> None:
    """Insert a row, which then has the id that the database generated for it.

    Raises:
        ChangeIgnored: if a trigger ignored it.
    """
    model: Any = type(row)
    # Not model_dump(), which warns of what another program stored with another type.
    values = {name: getattr(row, name) for name in model.model_fields if name != "id"}
    statement = insert(model).values(values).returning(model.id)
    generated = session.connection().execute(statement).scalar()
    if generated is None:
        raise ChangeIgnored("INSERT", model.__tablename__)
    row.id = generated


def insert_all(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that have a value for each column.

    Raises:
        ChangeIgnored: if a trigger ignored one.
    """
    changed = session.connection().execute(insert(model).execution_options(**COUNTED), rows)
    require_count("INSERT", str(model.__tablename__), changed.rowcount, len(rows))


def change(
    session: Session,
    statement: Update | Delete,
    *which: ColumnElement[bool],
    expected: int | None = None,
) -> int:
    """Update or delete the rows that meet some conditions, and return how many there were.

    Args:
        session: the session.
        statement: the change, after which a row no longer meets all of the conditions.
        which: the conditions.
        expected: how many rows can be changed at most; if it was that many, no other is looked for.

    Raises:
        ChangeIgnored: if a row is left that meets the conditions.
    """
    connection, changing = session.connection(), statement.where(*which)
    count: int = connection.execute(changing).rowcount
    if count == expected:
        return count
    left = select(literal(1)).select_from(statement.table).where(*which).limit(1)
    # Another transaction may have committed a row meanwhile. Locked, it can be changed for sure.
    while connection.execute(left.with_for_update()).first() is not None:
        more: int = connection.execute(changing).rowcount
        if not more:
            table: Any = statement.table
            raise ChangeIgnored("DELETE" if statement.is_delete else "UPDATE", table.name)
        count += more
    return count


def require_none_left(session: Session, verb: str, table: Any, *which: ColumnElement[bool]) -> None:
    """Make sure that a change left no row that meets some conditions.

    Raises:
        ChangeIgnored: if it did.
    """
    query = select(literal(1)).select_from(table).where(*which).limit(1)
    if session.connection().execute(query).first() is not None:
        raise ChangeIgnored(verb, getattr(table, "name", None) or table.__tablename__)


def require_count(verb: str, table: str, changed: int, expected: int) -> None:
    """Make sure that as many rows were changed as there were to change.

    Raises:
        ChangeIgnored: if they were fewer.
    """
    if changed < expected:
        raise ChangeIgnored(verb, table)
