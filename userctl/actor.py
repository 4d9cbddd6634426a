"""Who uses the program."""

import os
import pwd
from typing import NamedTuple


class Actor(NamedTuple):
    """Who does something: by which name, and as which user of which machine."""

    name: str
    machine: str


def machine_user() -> str:
    """Return the user of the operating system and the host, as ``root@example``."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        # In a container the user may have no name.
        name = str(os.geteuid())
    return f"{name}@{os.uname().nodename}"
