"""Who uses the program."""

import os
import pwd
from typing import NamedTuple

from userctl.core.text import escape_invisible

LONGEST = 255
"""How many characters of a name are kept."""


class Actor(NamedTuple):
    """Who does something: by which name, and as which user of which machine."""

    name: str
    machine: str


def sanitize_name(name: str) -> str:
    """Return a name as every database takes it: visible, and not too long.

    Whoever could make a write fail by his name could see to it that no failure is recorded.
    """
    return escape_invisible(name)[:LONGEST]


def machine_user() -> str:
    """Return the user of the operating system and the host, as ``root@example``."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        # In a container the user may have no name.
        name = str(os.geteuid())
    return sanitize_name(f"{name}@{os.uname().nodename}")
