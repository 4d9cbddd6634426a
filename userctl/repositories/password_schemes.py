"""With which scheme the passwords of users are hashed, as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from userctl.core.password_schemes import PREFIXES, VERSION_PREFIXES
from userctl.models.own_hash import own_hash_expression

_BCRYPT_PATTERN, _BCRYPT_LENGTH = "$2_$__$%", 60


def password_scheme(users: Any) -> ColumnElement[Any]:
    """Return the name of the scheme of the user's own password; null if there is no password.

    Args:
        users: what has the columns of users.
    """
    own = own_hash_expression(users)
    bcrypt = and_(own.like(_BCRYPT_PATTERN), func.length(own) == _BCRYPT_LENGTH)
    whole = case((or_(*map(own.startswith, VERSION_PREFIXES)), func.substr(own, 3)), else_=own)
    # Only the beginning matters, which may be in any case.
    start = func.lower(func.substr(whole, 1, 16))
    families = [
        (or_(*(start.startswith(prefix, autoescape=True) for prefix in prefixes)), family)
        for family, prefixes in PREFIXES.items()
    ]
    return case(
        (or_(own.is_(None), own.endswith("." * 53)), None),
        (bcrypt, "bcrypt"),
        *families,
        else_="unknown",
    )
