"""The command line up to the cursor, as a shell reads it."""

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
class CommandLine:
    """The words before the cursor, without quotation marks.

    Attributes:
        words: the complete words.
        last: the beginning of the word at the cursor.
        kept_length: how many characters of it the shell keeps, because it completes only what
            follows them.
        is_quoted: whether the word at the cursor has a quotation mark.
    """

    words: tuple[str, ...]
    last: str
    kept_length: int = 0
    is_quoted: bool = False


def parse_line(line: str, breaks: str = "") -> CommandLine:
    """Split a command line into words.

    Args:
        line: the text from the beginning of the command to the cursor.
        breaks: the characters at which the shell begins another word, such as ``:`` in bash.
    """
    words: list[str] = []
    text, has_begun, kept_length, is_quoted = "", False, 0, False
    for part in _PART.finditer(line):
        plain = part["plain"]
        if plain is not None and plain in " \t\n":
            words = [*words, text] if has_begun else words
            text, has_begun, kept_length, is_quoted = "", False, 0, False
            continue
        has_begun = True
        is_quoted = is_quoted or part[0][0] in "'\""
        double = part["double"]
        if double is not None:
            text += _ESCAPED_IN_DOUBLE.sub(r"\1", double)
        else:
            text += part["escaped"] or part["single"] or plain or ""
        if plain is not None and plain in breaks:
            # Readline begins the word with "@", to complete host names.
            kept_length = len(text) - (plain == "@")
    return CommandLine(tuple(words), text, kept_length, is_quoted)


def quote_for_bash(text: str) -> str:
    """Return a text that bash reads as itself; a backslash makes any character plain."""
    return _UNSAFE.sub(lambda match: f"\\{match[1]}" if match[1].isascii() else match[1], text)
