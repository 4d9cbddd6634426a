"""Where a login comes from."""

import os
import pwd

from userctl.core.errors import InvalidInput
from userctl.core.text import escape_invisible, has_invisible_characters

MAXIMUM_LENGTH = 255


def login_source(given: str | None = None) -> str:
    """Return the source of a login, which is what was given, or else who runs this and where.

    The environment is not asked, because whoever guesses passwords can set it.

    Raises:
        InvalidInput: if it is no visible text of 1 to 255 characters.
    """
    source = f"{_system_user()}@{os.uname().nodename}" if given is None else given
    if not source or source.isspace() or has_invisible_characters(source):
        raise InvalidInput(
            f"'{escape_invisible(source[:80])}' cannot be the source of a login.",
            hint="Name one in visible characters with --source.",
        )
    if len(source) > MAXIMUM_LENGTH:
        raise InvalidInput(
            f"The source of a login has at most {MAXIMUM_LENGTH} characters, not {len(source)}.",
            hint="Name a shorter one with --source.",
        )
    return source


def _system_user() -> str:
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        # A container may run as a user that nobody named.
        return str(uid)
