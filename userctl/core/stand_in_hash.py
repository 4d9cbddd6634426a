"""Placeholder hashes of users without a usable password: salt and digest are all zero."""

import re

_ZEROS = "." * 53
_STAND_IN = re.compile(r"\$2b\$..\$\.{53}", re.DOTALL)

STAND_IN_PATTERN = f"$2b$__${_ZEROS}"
"""The hashes that :func:`is_stand_in` finds, as a pattern for ``LIKE``."""


def stand_in(cost: int) -> str:
    """Return a well-formed hash that no known password matches."""
    return f"$2b${cost:02d}${_ZEROS}"


def removed_hash(cost: int) -> str:
    """Return the hash that replaces one that another program set to null.

    No password matches it either, but it can be told from a stand-in, since it is not provisional:
    the program removed the password.
    """
    return f"$2a${cost:02d}${_ZEROS}"


def is_stand_in(hashed: object) -> bool:
    """Tell whether a hash may stand in for another one that is set aside."""
    return isinstance(hashed, str) and _STAND_IN.fullmatch(hashed) is not None


def is_unmatchable(hashed: object) -> bool:
    """Tell whether no password matches a hash."""
    # Another program may have stored something other than text.
    return str(hashed).endswith(_ZEROS)
