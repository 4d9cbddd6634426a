"""The names that a set of declared users may have."""

import re

from userctl.core.errors import InvalidInput
from userctl.core.text import quote

SET_NAME_LENGTH = 50


def check_set_name(name: str) -> str:
    """Return the name of a set.

    Raises:
        InvalidInput: if it is too long or has other characters than a name may have.
    """
    if len(name) > SET_NAME_LENGTH or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise InvalidInput(
            f"{quote(name)} is not the name of a set. Use 1 to {SET_NAME_LENGTH} letters, digits, "
            "dots, hyphens and underscores."
        )
    return name
