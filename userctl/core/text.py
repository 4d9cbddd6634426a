"""Text from outside: what may enter the database, and how it is shown."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that control a terminal or hide in it: C0, DEL and C1 controls, format
characters (bidi overrides, zero-width), lone surrogates, line and paragraph separators."""

LONGEST_QUOTE = 80
"""How many characters of a value a message repeats."""


def has_invisible_characters(text: str) -> bool:
    """Tell whether the text contains a control character or another invisible one."""
    return not text.isprintable() and any(
        unicodedata.category(c) in _INVISIBLE_CATEGORIES for c in text
    )


def escape_invisible(text: str) -> str:
    r"""Return the text with every invisible character written as a backslash escape.

    >>> escape_invisible("red\x1b[31m")
    'red\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode("ascii")
        if unicodedata.category(c) in _INVISIBLE_CATEGORIES
        else c
        for c in text
    )


def remove_invisible(text: str) -> str:
    """Return a text without control characters and other invisible ones."""
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE_CATEGORIES)


def quote(text: str) -> str:
    """Return a value for a message: escaped, shortened and in quotation marks."""
    return f"'{escape_invisible(text[:LONGEST_QUOTE])}'"


def fold(text: str) -> str:
    """Return the form of a text by which texts are compared regardless of case.

    It is the same for all canonically equivalent texts (Unicode standard, definition D145).
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def join_alternatives(choices: Sequence[str]) -> str:
    """Return choices as a part of a sentence: ``csv, json or jsonl``."""
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def pluralize(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in ``s``: ``no users``, ``1 user``."""
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"


def rfc3339(time: datetime) -> str:
    """Return an aware time in UTC, to the second (RFC 3339, section 5.6)."""
    # strftime writes a year before 1000 with fewer than the four digits that the RFC asks for.
    return f"{time.astimezone(UTC).isoformat()[:19]}Z"


def strip_line_end(text: str) -> str:
    """Return a text without its last line ending, which editors and ``echo`` add."""
    return text.removesuffix("\n").removesuffix("\r")
