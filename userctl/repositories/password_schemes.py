"""The scheme with which the password of a user is hashed, as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from userctl.core.password_schemes import PREFIXES, VERSION_PREFIXES
from userctl.models.own_hash import own_hash_expression

_BCRYPT_PATTERN, _BCRYPT_LENGTH = "$2_$__$%", 60


def password_scheme(users: Any) -> ColumnElement[Any]:
    """Return the name of the scheme of the user's own password; null if there is no password.

    Args:
        users: a table or model with the columns of users.
    """
    own_hash = own_hash_expression(users)
    bcrypt = and_(own_hash.like(_BCRYPT_PATTERN), func.length(own_hash) == _BCRYPT_LENGTH)
    unversioned = case(
        (or_(*map(own_hash.startswith, VERSION_PREFIXES)), func.substr(own_hash, 3)), else_=own_hash
    )
    # Only the beginning matters, in upper or lower case.
    start = func.lower(func.substr(unversioned, 1, 16))
    families = [
        (or_(*(start.startswith(prefix, autoescape=True) for prefix in prefixes)), family)
        for family, prefixes in PREFIXES.items()
    ]
    return case(
        (or_(own_hash.is_(None), own_hash.endswith("." * 53)), None),
        (bcrypt, "bcrypt"),
        *families,
        else_="unknown",
    )
