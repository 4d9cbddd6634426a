"""Which hash of a user counts, in Python and in SQL; everything that reads or writes one asks here.

While a user is disabled, their own hash waits in ``disabled_hash``, and a stand-in that no
password matches is in ``hashed_password``. A program that knows nothing of that may write another
hash there, or remove it: then that is what counts, whether the user is disabled or not.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case

from userctl.core.stand_in_hash import STAND_IN_PATTERN, is_stand_in
from userctl.models.user import UserColumns


def own_hash(user: UserColumns) -> str:
    """Return the hash of the user's own password."""
    if user.disabled_hash is not None and is_stand_in(user.hashed_password):
        return user.disabled_hash
    return user.hashed_password


def own_hash_expression(users: Any) -> ColumnElement[Any]:
    """Return the hash that :func:`own_hash` returns, for queries.

    Args:
        users: what has the columns ``hashed_password`` and ``disabled_hash``.
    """
    waits = and_(users.disabled_hash.is_not(None), users.hashed_password.like(STAND_IN_PATTERN))
    return case((waits, users.disabled_hash), else_=users.hashed_password)


def hash_columns(own: str, *, stand_in: str | None) -> dict[str, str | None]:
    """Return the values of the columns that store a user's own hash.

    Args:
        own: the hash.
        stand_in: what other programs are to see of a disabled user; None for an active one.
    """
    if stand_in is None:
        return {"hashed_password": own, "disabled_hash": None}
    return {"hashed_password": stand_in, "disabled_hash": own}
