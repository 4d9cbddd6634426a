"""The actor of a change, as the audit trail names them."""

import os
import pwd
from functools import lru_cache
from typing import NamedTuple

from userctl.core.text import escape_invisible

MAXIMUM_NAME_LENGTH = 255
"""A longer name is cut off."""


class Actor(NamedTuple):
    """Who makes a change: a name, and the operating-system user and host it is made from."""

    name: str
    machine: str


def sanitize_name(name: str) -> str:
    """Return a name that every database accepts: visible characters only, and not too long.

    Otherwise an actor could choose a name that makes the write fail, and no failed login of theirs
    would ever be recorded.
    """
    return escape_invisible(name)[:MAXIMUM_NAME_LENGTH]


def machine_user() -> str:
    """Return the operating-system user and the host, such as ``root@example``."""
    return _machine_user(os.geteuid(), os.uname().nodename)


@lru_cache(1)  # A service records an event with each request.
def _machine_user(user_id: int, host: str) -> str:
    try:
        name = pwd.getpwuid(user_id).pw_name
    except KeyError:
        # In a container the user may have no name.
        name = str(user_id)
    return sanitize_name(f"{name}@{host}")
