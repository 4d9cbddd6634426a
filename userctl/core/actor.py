"""Who runs the program, as the audit trail names them."""

import os
import pwd
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
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        # In a container the user may have no name.
        name = str(os.geteuid())
    return sanitize_name(f"{name}@{os.uname().nodename}")
