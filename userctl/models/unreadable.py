"""Stored values that cannot be read, such as another program may leave."""

from datetime import datetime
from typing import Any, NoReturn

from userctl.core.errors import DatabaseDamaged
from userctl.core.text import LONGEST_QUOTE, escape_invisible


class Unreadable:
    """A stored value that is not a time, where a time belongs.

    Its row can be loaded, shown without it, changed and deleted. Whatever computes or compares
    with it fails, so that no token lasts longer and no user is let in because of it.
    """

    def __init__(self, stored: Any) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        """Return the value as a message repeats it."""
        return shown_text(f"{self.stored!r}")[:LONGEST_QUOTE]

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


def shown_text(value: object) -> str:
    r"""Return a stored value as text that can be shown, whatever its type and its bytes.

    >>> shown_text(b"Ad\xff"), shown_text("Ad\udcff")
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


def why_unreadable(value: object, kind: type) -> str | None:
    """Return why a value of a column is not of the kind that belongs there; None if it is.

    Args:
        value: the value, as SQLAlchemy or the driver returns it.
        kind: ``str``, ``int``, ``bool`` or ``datetime``.
    """
    if value is None:
        return "is missing"
    if isinstance(value, Unreadable) or (kind is datetime and not isinstance(value, datetime)):
        stored = value.stored if isinstance(value, Unreadable) else value
        return f"is not a time: {stored!r:.{LONGEST_QUOTE}}"
    if isinstance(value, str) and has_bad_bytes(value):
        return f"is not UTF-8: {_quoted(value)}"
    if kind is str and not isinstance(value, str):
        return f"is not stored as text: {_quoted(value)}"
    if kind in (int, bool) and not isinstance(value, int):
        return f"is not a number: {_quoted(value)}"
    return None


def _quoted(value: object) -> str:
    return f"'{shown_text(value)[:LONGEST_QUOTE]}'"
