"""Stored values that cannot be read, which another program may have written."""

from datetime import datetime
from typing import Any, NoReturn

from userctl.core.errors import DatabaseDamaged
from userctl.core.text import LONGEST_QUOTE, escape_invisible


class UnreadableValue:
    """A stored value that should be a time and is not.

    Its row can be loaded, shown without it, changed and deleted. Every computation or comparison
    with it fails, so that it cannot extend a token or let a user in.
    """

    def __init__(self, stored: Any) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        """Return the value as it is quoted in messages."""
        return display_text(f"{self.stored!r}")[:LONGEST_QUOTE]

    def _fail(self, *_: object) -> NoReturn:
        raise DatabaseDamaged(f"A stored time cannot be read: {self!r}.")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _fail
    astimezone = isoformat = timestamp = _fail


def has_bad_bytes(text: str) -> bool:
    """Tell whether a text was read from bytes that are not UTF-8."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def display_text(value: object) -> str:
    r"""Return a stored value as text that can be shown, whatever its type and its bytes.

    >>> display_text(b"Ad\xff"), display_text("Ad\udcff")
    ('Ad\\xff', 'Ad\\xff')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        if value.isprintable():
            return value
        value = value.encode("utf-8", "surrogateescape") if has_bad_bytes(value) else value
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return escape_invisible(text)


def unreadable_reason(value: object, kind: type) -> str | None:
    """Return why the value of a column does not have the expected type; None if it does.

    Args:
        value: the value, as SQLAlchemy or the driver returns it.
        kind: ``str``, ``int``, ``bool`` or ``datetime``.
    """
    if value is None:
        return "is missing"
    if isinstance(value, UnreadableValue) or (kind is datetime and not isinstance(value, datetime)):
        stored = value.stored if isinstance(value, UnreadableValue) else value
        return f"is not a time: {stored!r:.{LONGEST_QUOTE}}"
    if isinstance(value, str) and has_bad_bytes(value):
        return f"is not UTF-8: {_quote_value(value)}"
    if kind is str and not isinstance(value, str):
        return f"is not stored as text: {_quote_value(value)}"
    if kind in (int, bool) and not isinstance(value, int):
        return f"is not a number: {_quote_value(value)}"
    return None


def _quote_value(value: object) -> str:
    return f"'{display_text(value)[:LONGEST_QUOTE]}'"
