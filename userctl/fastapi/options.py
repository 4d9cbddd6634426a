"""Checks of what an application passes, at its start rather than at the first request."""

import re
from collections.abc import Sequence

REGISTERED_ROLE = "user"
"""The role of users who register."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/\sA-Z]+")


def check_prefix(prefix: str) -> None:
    """Make sure that paths can begin with a prefix.

    Raises:
        ValueError: if they cannot.
    """
    if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
        raise ValueError(f"prefix={prefix!r} does not begin with '/', or ends with it.")


def check_registration(roles: Sequence[str]) -> None:
    """Make sure that users who register may have their role.

    Raises:
        ValueError: if that is not one of the configured roles.
    """
    if REGISTERED_ROLE not in roles:
        raise ValueError(
            f"register=True gives new users the role {REGISTERED_ROLE!r}, and the configured roles "
            f"are {', '.join(roles)}: add it, or pass register=False."
        )


def check_origins(origins: Sequence[str]) -> None:
    """Make sure that origins are written as browsers send them (RFC 6454, section 6.2).

    Raises:
        ValueError: if one is not.
    """
    for origin in check_texts("origins", origins):
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is not an origin, such as 'https://app.example.com'.")


def check_texts(name: str, values: Sequence[str]) -> Sequence[str]:
    """Return a sequence of texts, and refuse a single text, which is a sequence of characters.

    Raises:
        ValueError: if it is a single text.
    """
    if isinstance(values, str):
        raise ValueError(f"{name}={values!r} is one text: pass a list, {name}=[{values!r}].")  # noqa: TRY004
    return values


def check_names(function: str, names: Sequence[str]) -> None:
    """Make sure that a dependency names what it requires.

    Raises:
        ValueError: if there is no name, or one is not text.
    """
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"{function}() takes one or more names, each as an argument of its own.")
