"""How a file of records is named and opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from userctl.core.errors import InvalidInput
from userctl.core.text import either

Format = TypeVar("Format", bound=str)

STREAM = Path("-")
"""The name of standard input or output."""


def choose_format(file: Path, chosen: Format | None, extensions: Mapping[str, Format]) -> Format:
    """Return the format of a file: the chosen one, or that of its extension.

    Args:
        file: the file; only its name matters.
        chosen: the value of ``--format``.
        extensions: the format of each file extension.

    Raises:
        InvalidInput: if neither decides.
    """
    file_format = chosen or extensions.get(file.suffix.lower())
    if file_format is None:
        names = [*dict.fromkeys(extensions.values())]
        raise InvalidInput(
            f"The name '{file}' does not tell the format of the file.",
            hint=f"Pass --format {either(names)}.",
        )
    return file_format
