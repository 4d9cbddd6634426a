"""Conditions on the users that a query asks for."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.types import NULLTYPE
from sqlmodel import col, literal, type_coerce

from userctl.models import DeletedUser, User
from userctl.models.own_hash import own_hash_expression
from userctl.repositories.full_windows import FullWindows, address_digest
from userctl.repositories.password_schemes import password_scheme
from userctl.repositories.text_search import contains
from userctl.schemas.users import UserQuery


def conditions(
    connection: Connection,
    model: type[User | DeletedUser],
    query: UserQuery,
    full: FullWindows | None = None,
) -> list[Any]:
    """Return the conditions on a table of users, except that on the beginning of the address.

    Args:
        connection: the database.
        model: the table.
        query: the query; ``created_since`` is a time.
        full: the windows whose users are throttled; needed if the query asks for those.
    """
    criteria = _state_conditions(model, query)
    email: Any = col(model.email)
    if query.search is not None:
        criteria.append(contains(connection, [email, col(model.name)], query.search))
    if query.role is not None:
        role: Any = col(model.role)
        if query.beginning is not None and connection.dialect.name == "sqlite":
            # Without statistics SQLite would use the index on roles and sort all of this role.
            role = role.concat("")
        criteria.append(role == query.role)
    if query.domain is not None:
        criteria.append(email.endswith(f"@{query.domain}", autoescape=True))
    if query.throttled and full is not None:
        criteria.append(address_digest(connection, email).in_(full.digests()))
    if isinstance(query.created_since, datetime):
        criteria.append(_is_since(connection, col(model.created_at), query.created_since))
    return criteria


def _state_conditions(model: type[User | DeletedUser], query: UserQuery) -> list[Any]:
    criteria: list[Any] = []
    if query.status is not None:
        disabled = col(model.disabled_at)
        criteria.append(disabled.is_(None) if query.status == "active" else disabled.is_not(None))
    if query.must_change:
        criteria.append(col(model.must_change_password))
    if query.no_password:
        criteria.append(own_hash_expression(model).endswith("." * 53))
    if query.password_scheme is not None:
        criteria.append(password_scheme(model) == query.password_scheme)
    return criteria


def _is_since(connection: Connection, column: Any, time: datetime) -> Any:
    if connection.dialect.name != "sqlite":
        return column >= time
    # SQLite compares text, and its own clock writes no fractions of seconds.
    earliest = time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
    return type_coerce(column, NULLTYPE) >= literal(earliest)
