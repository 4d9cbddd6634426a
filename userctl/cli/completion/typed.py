"""What was typed so far, as a shell reads it."""

import re
from dataclasses import dataclass

_PART = re.compile(
    r"""
    \\(?P<escaped>.) | '(?P<single>[^']*)'? | "(?P<double>(?:\\.|[^"\\])*)"? | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED_IN_DOUBLE = re.compile(r'\\([$`"\\])')
_UNSAFE = re.compile(r"([^\w@%+=:,./-])", re.ASCII)


@dataclass(frozen=True)
class Typed:
    """The words before the cursor, without quotation marks.

    Attributes:
        words: those that are complete.
        last: the beginning of the one at the cursor.
        replaced: how many characters of it the shell keeps, because it completes only what
            follows them.
        is_quoted: whether the word at the cursor has a quotation mark.
    """

    words: tuple[str, ...]
    last: str
    replaced: int = 0
    is_quoted: bool = False


def parse_line(line: str, breaks: str = "") -> Typed:
    """Split what stands before the cursor.

    Args:
        line: from the beginning of the command to the cursor.
        breaks: the characters at which the shell begins another word, such as ``:`` in bash.
    """
    words: list[str] = []
    text, begun, replaced, quoted = "", False, 0, False
    for part in _PART.finditer(line):
        plain = part["plain"]
        if plain is not None and plain in " \t\n":
            words = [*words, text] if begun else words
            text, begun, replaced, quoted = "", False, 0, False
            continue
        begun = True
        quoted = quoted or part[0][0] in "'\""
        double = part["double"]
        if double is not None:
            text += _ESCAPED_IN_DOUBLE.sub(r"\1", double)
        else:
            text += part["escaped"] or part["single"] or plain or ""
        if plain is not None and plain in breaks:
            # Readline lets the word begin with "@", for the completion of host names.
            replaced = len(text) - (plain == "@")
    return Typed(tuple(words), text, replaced, quoted)


def quote_for_bash(text: str) -> str:
    """Return a text that bash reads as itself; a backslash makes any character plain."""
    return _UNSAFE.sub(lambda found: f"\\{found[1]}" if found[1].isascii() else found[1], text)
