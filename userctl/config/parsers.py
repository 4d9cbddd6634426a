"""The parsers of settings: each accepts one kind of value, or raises InvalidInput."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from userctl.config.database_url import DatabaseURL, expand_home
from userctl.core.errors import InvalidInput
from userctl.core.password_schemes import SECRET_NAME
from userctl.core.text import escape_invisible, has_invisible_characters, strip_line_end

MINIMUM_KEY_BYTES = 32
_LONGEST_SHOWN = 40

T = TypeVar("T")


@dataclass(frozen=True)
class Parser(Generic[T]):
    """Parses the value of a setting.

    Attributes:
        expected: the values that are accepted, as a noun phrase for messages and the reference.
        parse: returns the parsed value, or raises InvalidInput.
    """

    expected: str
    parse: Callable[[Any], T]

    def __call__(self, value: Any) -> T:
        """Return the parsed value.

        Raises:
            InvalidInput: if it is not accepted.
        """
        return self.parse(value)


def _accepts(expected: str) -> Callable[[Callable[[Any], T]], Parser[T]]:
    """Return a decorator that makes a parser of a function."""
    return lambda parse: Parser(expected, parse)


@_accepts("text without control characters")
def plain_text(value: Any) -> str:
    """Accept text that is not empty and has no invisible characters."""
    if not isinstance(value, str) or not value or has_invisible_characters(value):
        raise InvalidInput("expected text without control characters")
    return value


@_accepts("a name of up to 100 characters")
def visible_name(value: Any) -> str:
    """Accept a name of up to 100 visible characters."""
    text = plain_text(value)
    if text.isspace() or len(text) > 100:
        raise InvalidInput("expected a name of up to 100 characters")
    return text


@_accepts("sqlite:///PATH or postgresql://USER@HOST/DATABASE")
def database_url(value: Any) -> DatabaseURL:
    """Accept the URL of a database."""
    return DatabaseURL.parse(plain_text(value))


@_accepts("a path, in which ~ is the home folder")
def path(value: Any) -> Path:
    """Accept a path, in which ~ is the home folder."""
    return expand_home(plain_text(value))


@_accepts(f"UTF-8 text of at least {MINIMUM_KEY_BYTES} bytes")
def secret_key(value: Any) -> str:
    """Accept a key of 256 bits or more, as HS256 requires (RFC 7518, section 3.2).

    The same text is the same key in a file and in the environment.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"a secret key must be UTF-8 text, not a {type(value).__name__}")
    key = strip_line_end(value.removeprefix("\ufeff"))
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise InvalidInput("a secret key must be UTF-8 text") from None
    if length < MINIMUM_KEY_BYTES:
        raise InvalidInput(
            f"a secret key must have at least {MINIMUM_KEY_BYTES} bytes, not {length}"
        )
    return key


def one_of(*choices: str) -> Parser[str]:
    """Return a parser that accepts these words."""
    expected = f"one of {', '.join(choices)}"

    def parse(value: Any) -> str:
        if value not in choices:
            raise InvalidInput(f"expected {expected}, not {_describe(value)}")
        return str(value)

    return Parser(expected, parse)


def whole_number(low: int, high: int) -> Parser[int]:
    """Return a parser that accepts whole numbers in a range, both ends included."""
    expected = f"a whole number from {low} to {high}"

    def parse(value: Any) -> int:
        number = value
        if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
            number = int(value)
        # A bool is an int to isinstance.
        if type(number) is not int or not low <= number <= high:
            raise InvalidInput(f"expected {expected}, not {_describe(value)}")
        return number

    return Parser(expected, parse)


@_accepts("true or false")
def true_or_false(value: Any) -> bool:
    """Accept a truth value, or its name in any case."""
    truth = {"true": True, "false": False}.get(str(value).lower())
    if truth is None:
        raise InvalidInput(f"expected true or false, not {_describe(value)}")
    return truth


@_accepts("a list of role names of up to 50 characters, separated by commas in the environment")
def role_names(value: Any) -> tuple[str, ...]:
    """Accept a list of role names, or one text with commas between them."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise InvalidInput("expected a list of role names")
    roles = tuple(plain_text(name).strip() for name in names)
    if any(not role or len(role) > 50 for role in roles):
        raise InvalidInput("a role name must have 1 to 50 characters")
    return roles


@_accepts("a list of NAME=FILE, separated by commas in the environment")
def named_files(value: Any) -> tuple[str, ...]:
    """Accept a list of names and files, or one text with commas between them."""
    pairs = value.split(",") if isinstance(value, str) else value
    if not isinstance(pairs, list) or not all(isinstance(pair, str) for pair in pairs):
        raise InvalidInput("expected a list of NAME=FILE")
    stripped = tuple(plain_text(pair).strip() for pair in pairs)
    for pair in stripped:
        name, _, file = pair.partition("=")
        if not re.fullmatch(SECRET_NAME, name, re.ASCII) or not file.strip():
            raise InvalidInput(f"expected NAME=FILE, not {_describe(pair)}")
    return stripped


def _describe(value: object) -> str:
    """Return a value for a message: quoted, escaped and cut to a bounded length."""
    if not isinstance(value, str | int | float):
        return f"a {type(value).__name__}"
    try:
        text = str(value)
    except ValueError:
        # Python does not convert a number of more than 4,300 digits to text.
        return "a number of thousands of digits"
    return f"'{escape_invisible(text[:_LONGEST_SHOWN])}'"
