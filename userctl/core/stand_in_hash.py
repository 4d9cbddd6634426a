"""Hashes that stand where a user has no password that may match: salt and digest are all zero."""

import re

_ZEROS = "." * 53
_STAND_IN = re.compile(r"\$2b\$..\$\.{53}", re.DOTALL)

STAND_IN_PATTERN = f"$2b$__${_ZEROS}"
"""What :func:`is_stand_in` looks for, as a pattern for ``LIKE``."""


def stand_in(cost: int) -> str:
    """Return a well-formed hash that no known password matches."""
    return f"$2b${cost:02d}${_ZEROS}"


def emptied(cost: int) -> str:
    """Return what is stored where another program sets a hash to null.

    No password matches it either, but it is told from a stand-in, because it counts: the program
    removed the password.
    """
    return f"$2a${cost:02d}${_ZEROS}"


def is_stand_in(hashed: object) -> bool:
    """Tell whether a hash may stand in for another one that is set aside."""
    return isinstance(hashed, str) and _STAND_IN.fullmatch(hashed) is not None


def is_unmatchable(hashed: object) -> bool:
    """Tell whether a hash is one that stands for no password."""
    # Another program may have stored something else than text.
    return str(hashed).endswith(_ZEROS)
