"""Where a login comes from."""

from userctl.core.actor import machine_user
from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters, quote

MAXIMUM_LENGTH = 255


def login_source(source: str | None = None) -> str:
    """Check the source of a login; the default is the operating system user and the host.

    The environment is not consulted, because an attacker who guesses passwords can set it.

    Raises:
        InvalidInput: if it is not visible text of 1 to 255 characters.
    """
    source = machine_user() if source is None else source
    if not source or source.isspace() or has_invisible_characters(source):
        raise InvalidInput(
            f"{quote(source)} is not a login source.",
            hint="Pass visible characters to --source.",
        )
    if len(source) > MAXIMUM_LENGTH:
        raise InvalidInput(
            f"The login source has {len(source)} characters; at most {MAXIMUM_LENGTH} are allowed.",
            hint="Pass a shorter --source.",
        )
    return source
