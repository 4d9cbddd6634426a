"""What the terminal behind standard output can show."""

import locale
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from userctl.cli.output.cells import BOLD, RESET

EIGHTHS = "▏▎▍▌▋▊▉█"
"""What bars are made of, from an eighth of a character to a whole one."""

_UNABLE = {"dumb", "unknown"}


@dataclass(frozen=True)
class Screen:
    """A terminal.

    Attributes:
        columns: how wide it is.
        lines: how high it is.
        bold: whether it knows escape sequences at all.
        colored: whether it shows colors, and they are wanted.
        blocks: whether the encoding of the locale has the characters that bars are made of.
    """

    columns: int
    lines: int
    bold: bool
    colored: bool
    blocks: bool = True

    def title(self, text: str) -> str:
        """Return a text as a title."""
        return f"{BOLD}{text}{RESET}" if self.bold and text else text

    def paint(self, text: str, style: str) -> str:
        """Return a text in a color, which is an escape sequence or nothing."""
        return f"{style}{text}{RESET}" if self.colored and style and text else text


def screen_of(environ: Mapping[str, str] = os.environ) -> Screen:
    """Return what the terminal of an environment can show (https://no-color.org)."""
    size = shutil.get_terminal_size()
    able = environ.get("TERM", "") not in _UNABLE
    colored = able and not environ.get("NO_COLOR")
    return Screen(size.columns, size.lines, able, colored, _has_blocks(locale.getencoding()))


def _has_blocks(encoding: str) -> bool:
    try:
        EIGHTHS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
