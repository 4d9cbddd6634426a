"""What the terminal at standard output can show."""

import locale
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from userctl.cli.output.cells import BOLD, RESET

EIGHTHS = "▏▎▍▌▋▊▉█"
"""What bars are made of, from an eighth of a character to a whole one."""

_WITHOUT_ESCAPES = {"dumb", "unknown"}


@dataclass(frozen=True)
class Screen:
    """A terminal.

    Attributes:
        columns: how wide it is.
        lines: how high it is.
        has_escapes: whether it knows escape sequences at all.
        has_colors: whether it shows colors, and they are wanted.
        has_blocks: whether the encoding of the locale has the characters that bars are made of.
    """

    columns: int
    lines: int
    has_escapes: bool
    has_colors: bool
    has_blocks: bool = True

    def title(self, text: str) -> str:
        """Return a text as a title."""
        return f"{BOLD}{text}{RESET}" if self.has_escapes and text else text

    def paint(self, text: str, style: str) -> str:
        """Return a text in a color, given as an escape sequence or nothing."""
        return f"{style}{text}{RESET}" if self.has_colors and style and text else text


def detect_screen(environ: Mapping[str, str] = os.environ) -> Screen:
    """Return what the terminal of an environment can show (https://no-color.org)."""
    size = shutil.get_terminal_size()
    has_escapes = environ.get("TERM", "") not in _WITHOUT_ESCAPES
    return Screen(
        columns=size.columns,
        lines=size.lines,
        has_escapes=has_escapes,
        has_colors=has_escapes and not environ.get("NO_COLOR"),
        has_blocks=_has_blocks(locale.getencoding()),
    )


def _has_blocks(encoding: str) -> bool:
    try:
        EIGHTHS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
