"""Database URLs on the command line, which every user of the machine can read."""

from collections.abc import Callable
from pathlib import Path

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.core.text import strip_line_end

LONGEST_URL = 10_000


def resolve_database_url(text: str, option: str, warn: Callable[[str], None]) -> str:
    """Return the URL that an option holds, or names a file for as ``@FILE``.

    Args:
        text: the value of the option.
        option: its name.
        warn: called with a warning if the process list shows a password.

    Raises:
        InvalidInput: if the file is empty, too long or not UTF-8.
        InputOutputFailed: if it cannot be read.
    """
    if text.startswith("@"):
        return _read_url(Path(text[1:]))
    try:
        holds_password = DatabaseURL.parse(text).holds_password
    except InvalidInput:
        # What uses the URL reports the error.
        return text
    if holds_password:
        warn(
            f"warning: other users can read the password after {option} in the process list. "
            f"Pass {option} @FILE, or leave the password to PGPASSFILE or PGPASSWORD."
        )
    return text


def _read_url(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(LONGEST_URL + 1)
    except OSError as error:
        raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error
    try:
        text = strip_line_end(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > LONGEST_URL:
        raise InvalidInput(f"{file} does not hold a database URL.")
    return text
