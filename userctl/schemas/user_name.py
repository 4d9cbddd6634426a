"""The names that a user may have."""

from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters, remove_invisible

NAME_LENGTH = 100


def check_name(name: str) -> str:
    """Return the name of a user.

    Raises:
        InvalidInput: if it is blank, too long, or has invisible characters.
    """
    if has_invisible_characters(name):
        raise InvalidInput(
            "The name contains a control or invisible character.", hint="Type the name again."
        )
    if not 1 <= len(name) <= NAME_LENGTH:
        raise InvalidInput(f"The name has {len(name)} characters. Use 1 to {NAME_LENGTH}.")
    if name.isspace():
        raise InvalidInput("The name is blank.")
    return name


def correct_name(name: str) -> str | None:
    """Return the valid name most like an invalid one; None if nothing is left of it."""
    return remove_invisible(name).strip()[:NAME_LENGTH].rstrip() or None
