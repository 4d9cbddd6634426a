"""Which accounts a query asks for, whatever their order."""

from typing import Any

from sqlmodel import col, or_

from userctl.models import DeletedUser, User
from userctl.schemas.users import UserQuery


def conditions(model: type[User | DeletedUser], query: UserQuery, dialect: str) -> list[Any]:
    """Return the conditions on a table of accounts; the beginning of an address is not among them.

    Args:
        model: the table.
        query: what is asked for.
        dialect: the name of the dialect.
    """
    found: list[Any] = []
    if query.search is not None:
        # The database lowers both sides, so that they agree whatever its locale knows.
        columns = (col(model.email), col(model.name))
        found.append(or_(*(c.icontains(query.search, autoescape=True) for c in columns)))
    if query.role is not None:
        role: Any = col(model.role)
        if query.beginning is not None and dialect == "sqlite":
            # Without statistics it would take the index of roles and sort all of this one.
            role = role.concat("")
        found.append(role == query.role)
    if query.status is not None:
        disabled = col(model.disabled_at)
        found.append(disabled.is_(None) if query.status == "active" else disabled.is_not(None))
    return found
