"""Which hash of a user counts, in Python and in SQL; everything that reads or writes one asks here.

While a user is disabled, their own hash waits in ``disabled_hash``; one that comes from another
system waits in ``foreign_hash`` until the user logs in, disabled or not. Meanwhile a stand-in that
no password matches is in ``hashed_password``. A program that knows nothing of that may write
another hash there, or remove it: then that is what counts.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case

from userctl.core.stand_in_hash import STAND_IN_PATTERN, is_stand_in
from userctl.models.user import UserColumns

_WAITING = ("foreign_hash", "disabled_hash")
"""Where a hash may wait, the first of them that is not null."""


def own_hash_column(user: UserColumns) -> str:
    """Return the name of the column in which the hash of the user's own password is."""
    if is_stand_in(user.hashed_password):
        for waiting in _WAITING:
            if getattr(user, waiting) is not None:
                return waiting
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
    """Return the hash that :func:`own_hash` returns, for queries.

    Args:
        users: what has the column ``hashed_password``, and those in which hashes wait unless the
            schema is older.
    """
    return _waiting_or_present(users, _WAITING)


def login_hash_expression(users: Any) -> ColumnElement[Any]:
    """Return the hash that :func:`login_hash` returns of an active user, for queries."""
    return _waiting_or_present(users, ["foreign_hash"])


def _waiting_or_present(users: Any, names: Iterable[str]) -> ColumnElement[Any]:
    hashed = users.hashed_password
    stands_in = hashed.like(STAND_IN_PATTERN)
    waiting = [getattr(users, name) for name in names if hasattr(users, name)]
    waits = [(and_(stands_in, column.is_not(None)), column) for column in waiting]
    return case(*waits, else_=hashed) if waits else hashed


def hash_columns(own: str, *, stand_in: str | None) -> dict[str, str | None]:
    """Return the values of the columns that store a user's own hash where every program reads it.

    Args:
        own: the hash.
        stand_in: what other programs are to see of a disabled user; None for an active one.
    """
    if stand_in is None:
        return {"hashed_password": own, "disabled_hash": None, "foreign_hash": None}
    return {"hashed_password": stand_in, "disabled_hash": own, "foreign_hash": None}


def foreign_hash_columns(own: str, *, stand_in: str) -> dict[str, str | None]:
    """Return the values of the columns that store a hash from another system.

    Args:
        own: the hash, which only userctl verifies.
        stand_in: what other programs are to see until the user logs in.
    """
    return {"hashed_password": stand_in, "disabled_hash": None, "foreign_hash": own}
