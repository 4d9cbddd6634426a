"""Conditions on the users that a query asks for."""

from typing import Any

from sqlalchemy import LargeBinary, String, cast, type_coerce
from sqlmodel import col, or_

from userctl.models import DeletedUser, User
from userctl.schemas.users import UserQuery


def conditions(model: type[User | DeletedUser], query: UserQuery, dialect: str) -> list[Any]:
    """Return the conditions on a table of users, without that on the beginning of the address.

    Args:
        model: the table.
        query: the query.
        dialect: the name of the dialect.
    """
    found: list[Any] = []
    if query.search is not None:
        # The database lowers both sides, so that they agree in every locale.
        columns: list[Any] = [col(model.email), col(model.name)]
        if dialect == "sqlite":
            # Our function lower() is not called at all with text that is not UTF-8.
            columns = [type_coerce(cast(column, LargeBinary), String) for column in columns]
        found.append(or_(*(c.icontains(query.search, autoescape=True) for c in columns)))
    if query.role is not None:
        role: Any = col(model.role)
        if query.beginning is not None and dialect == "sqlite":
            # Without statistics SQLite would use the index on roles and sort all of this role.
            role = role.concat("")
        found.append(role == query.role)
    if query.status is not None:
        disabled = col(model.disabled_at)
        found.append(disabled.is_(None) if query.status == "active" else disabled.is_not(None))
    return found
