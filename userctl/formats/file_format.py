"""How a file of records is named and opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from userctl.core.errors import InvalidInput
from userctl.core.text import join_alternatives

Format = TypeVar("Format", bound=str)

STREAM = Path("-")
"""The name of standard input or output."""


def choose_format(file: Path, option: Format | None, extensions: Mapping[str, Format]) -> Format:
    """Return the format of a file: the one of ``--format``, or that of its extension.

    Args:
        file: the file; only its name matters.
        option: the value of ``--format``.
        extensions: the format of each file extension.

    Raises:
        InvalidInput: if neither decides.
    """
    file_format = option or extensions.get(file.suffix.lower())
    if file_format is None:
        names = [*dict.fromkeys(extensions.values())]
        raise InvalidInput(
            f"The name '{file}' does not tell the format of the file.",
            hint=f"Pass --format {join_alternatives(names)}.",
        )
    return file_format
