"""What the value of a setting may be; each function parses one or raises InvalidInput."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from userctl.config.database_url import DatabaseURL, expanded
from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters

MINIMUM_KEY_BYTES = 32


def plain_text(value: Any) -> str:
    """Accept text that is neither empty nor holds an unseen character."""
    if not isinstance(value, str) or not value or has_invisible_characters(value):
        raise InvalidInput("expected some plain text")
    return value


def visible_name(value: Any) -> str:
    """Accept a name of up to 100 visible characters."""
    text = plain_text(value)
    if text.isspace() or len(text) > 100:
        raise InvalidInput("expected a name of up to 100 characters")
    return text


def database_url(value: Any) -> DatabaseURL:
    """Accept the URL of a database."""
    return DatabaseURL.parse(plain_text(value))


def path(value: Any) -> Path:
    """Accept a path, in which ~ is the home folder."""
    return expanded(plain_text(value))


def secret_key(value: str) -> str:
    """Accept a key of 256 bits or more, as HS256 demands (RFC 7518, section 3.2)."""
    try:
        length = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInput("a secret key is UTF-8 text") from None
    if length < MINIMUM_KEY_BYTES:
        raise InvalidInput(f"a secret key has at least {MINIMUM_KEY_BYTES} bytes, not {length}")
    return value


def one_of(*choices: str) -> Callable[[Any], str]:
    """Return a parser that accepts these words."""

    def parse(value: Any) -> str:
        if value not in choices:
            raise InvalidInput(f"expected one of {', '.join(choices)}")
        return str(value)

    return parse


def whole_number(low: int, high: int) -> Callable[[Any], int]:
    """Return a parser that accepts whole numbers in a range, both ends included."""

    def parse(value: Any) -> int:
        number = value
        if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
            number = int(value)
        # A bool is an int to isinstance.
        if type(number) is not int or not low <= number <= high:
            raise InvalidInput(f"expected a whole number from {low} to {high}")
        return number

    return parse


def role_names(value: Any) -> tuple[str, ...]:
    """Accept a list of role names, or one text with commas between them."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise InvalidInput("expected a list of role names")
    roles = tuple(plain_text(name).strip() for name in names)
    if any(not role or len(role) > 50 for role in roles):
        raise InvalidInput("a role name has 1 to 50 characters")
    return roles
