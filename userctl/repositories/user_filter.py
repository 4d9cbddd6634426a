"""Conditions on the users that a query asks for."""

from typing import Any

from sqlalchemy import Connection
from sqlmodel import col

from userctl.models import DeletedUser, User
from userctl.repositories.text_search import contains
from userctl.schemas.users import UserQuery


def conditions(
    connection: Connection, model: type[User | DeletedUser], query: UserQuery
) -> list[Any]:
    """Return the conditions on a table of users, without that on the beginning of the address.

    Args:
        connection: the database.
        model: the table.
        query: the query.
    """
    found: list[Any] = []
    if query.search is not None:
        columns = [col(model.email), col(model.name)]
        found.append(contains(connection, columns, query.search))
    if query.role is not None:
        role: Any = col(model.role)
        if query.beginning is not None and connection.dialect.name == "sqlite":
            # Without statistics SQLite would use the index on roles and sort all of this role.
            role = role.concat("")
        found.append(role == query.role)
    if query.status is not None:
        disabled = col(model.disabled_at)
        found.append(disabled.is_(None) if query.status == "active" else disabled.is_not(None))
    return found
