"""The password hash of a user that counts, in Python and in SQL; all code that needs it asks here.

While a user is disabled, their own hash waits in ``disabled_hash``; one that comes from another
system waits in ``foreign_hash`` until the user logs in, disabled or not. Meanwhile
``hashed_password`` holds a stand-in that no password matches. If a program that knows nothing of
this writes another hash there, or removes it, that value counts.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case

from userctl.core.stand_in_hash import STAND_IN_PATTERN, is_stand_in
from userctl.models.user import UserColumns

_WAITING_COLUMNS = ("foreign_hash", "disabled_hash")
"""The columns in which a hash may wait; the first one that is not null counts."""


def own_hash_column(user: UserColumns) -> str:
    """Return the name of the column that holds the hash of the user's own password."""
    if is_stand_in(user.hashed_password):
        for column in _WAITING_COLUMNS:
            if getattr(user, column) is not None:
                return column
    return "hashed_password"


def own_hash(user: UserColumns) -> str:
    """Return the hash of the user's own password."""
    hashed: str = getattr(user, own_hash_column(user))
    return hashed


def waits_as_foreign(user: UserColumns) -> bool:
    """Tell whether the hash of the user's own password waits in ``foreign_hash``."""
    return own_hash_column(user) == "foreign_hash"


def login_hash(user: UserColumns) -> str:
    """Return the hash that a login checks; that of a disabled user matches nothing."""
    waits = user.disabled_at is None and waits_as_foreign(user)
    return own_hash(user) if waits else user.hashed_password


def own_hash_expression(users: Any) -> ColumnElement[Any]:
    """Return :func:`own_hash` as an SQL expression.

    Args:
        users: a table or model with the column ``hashed_password`` and, unless the schema is
            older, the columns in which hashes wait.
    """
    return _first_waiting_hash(users, _WAITING_COLUMNS)


def login_hash_expression(users: Any) -> ColumnElement[Any]:
    """Return :func:`login_hash` of an active user as an SQL expression."""
    return _first_waiting_hash(users, ["foreign_hash"])


def _first_waiting_hash(users: Any, names: Iterable[str]) -> ColumnElement[Any]:
    hashed = users.hashed_password
    is_replaced = hashed.like(STAND_IN_PATTERN)
    columns = [getattr(users, name) for name in names if hasattr(users, name)]
    cases = [(and_(is_replaced, column.is_not(None)), column) for column in columns]
    return case(*cases, else_=hashed) if cases else hashed


def hash_columns(own: str, *, stand_in: str | None) -> dict[str, str | None]:
    """Return the column values that store a user's own hash where every program reads it.

    Args:
        own: the hash.
        stand_in: the hash that other programs see while the user is disabled; None for an active
            user.
    """
    if stand_in is None:
        return {"hashed_password": own, "disabled_hash": None, "foreign_hash": None}
    return {"hashed_password": stand_in, "disabled_hash": own, "foreign_hash": None}


def foreign_hash_columns(own: str, *, stand_in: str) -> dict[str, str | None]:
    """Return the column values that store a hash from another system.

    Args:
        own: the hash, which only userctl verifies.
        stand_in: the hash that other programs see until the user logs in.
    """
    return {"hashed_password": stand_in, "disabled_hash": None, "foreign_hash": own}
