"""Reads JSON values one after the other from a text that may not fit into memory."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from userctl.core.errors import InvalidInput
from userctl.formats.encoding import undecodable
from userctl.formats.read_options import LONGEST_RECORD

DEEPEST = 100
"""How deeply values may be nested that are only skipped."""

CHUNK = 2**16
"""How many characters are read at once where lines do not matter."""

_WHITE_SPACE = re.compile(r"[ \t\r\n]*")

Placed = tuple[int, Any, str]
"""A value with the line that it begins in and its text."""


@dataclass(frozen=True)
class Repeated:
    """A key that an object has twice, in place of the object.

    The last value would win, and a person who reads the file may see the first.
    """

    key: str


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Repeated:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    names = [name for name, _ in pairs]
    return Repeated(next(name for name in names if names.count(name) > 1))


DECODER = json.JSONDecoder(object_pairs_hook=_unique)


class Window:
    """The part of a JSON text that is being read.

    Args:
        text: the text.
        start: what was read of it already.
        line: the line in which that stands.
    """

    def __init__(self, text: TextIO, start: str = "", line: int = 1) -> None:
        self._text = text
        self._buffer = start
        self.position = 0
        self.line = line

    def peek(self) -> str:
        """Pass white space, and return the character after it; an empty text at the end."""
        while True:
            found = _WHITE_SPACE.match(self._buffer, self.position)
            self._advance(found.end() if found else self.position)
            if self.position < len(self._buffer):
                return self._buffer[self.position]
            if not self._fill():
                return ""

    def value(self) -> tuple[Any, str]:
        """Read a value, and return it with its text.

        Raises:
            InvalidInput: if it is not JSON, or too long.
        """
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self.position)
            except (ValueError, RecursionError):
                # It may be cut off at the end of what was read.
                if not self._fill():
                    self.refuse("not valid JSON")
                continue
            # A number may go on as well.
            if end < len(self._buffer) or not self._fill():
                content = self._buffer[self.position : end]
                self._advance(end)
                return value, content

    def refuse(self, why: str) -> NoReturn:
        """Raise an error that names the line."""
        start = self._buffer[self.position :]
        reason = undecodable(start, self._text.encoding) or f"{why[0].upper()}{why[1:]}."
        raise InvalidInput(f"Line {self.line:,}: {reason}")

    def _advance(self, end: int) -> None:
        self.line += self._buffer.count("\n", self.position, end)
        self.position = end

    def _fill(self) -> bool:
        """Read on, and forget what lies behind; return False at the end of the text."""
        if len(self._buffer) - self.position >= LONGEST_RECORD:
            self.refuse(f"not valid JSON, or longer than {LONGEST_RECORD:,} characters")
        more = self._text.read(CHUNK)
        self._buffer, self.position = self._buffer[self.position :] + more, 0
        return bool(more)

    def values(self) -> Iterator[Placed]:
        """Yield the values of an array, or those that follow one another.

        Raises:
            InvalidInput: if it is not JSON, since what follows cannot be told apart then.
        """
        if self.peek() == "[":
            yield from self.elements()
            if self.peek():
                self.refuse("something follows the end of the array")
            return
        while self.peek():
            line = self.line
            yield line, *self.value()

    def elements(self, inside: Sequence[str] = ()) -> Iterator[Placed]:
        """Yield the elements of the array that begins here, and pass its end.

        Args:
            inside: the names of arrays whose elements are wanted, of elements that have one.
        """
        for line in self._members("]"):
            if inside and self.peek() == "{":
                yield from self.unwrap(inside)
            else:
                yield line, *self.value()

    def unwrap(self, inside: Sequence[str]) -> Iterator[Placed]:
        """Yield the elements of an array in the object here; the object itself if it has none."""
        record: dict[str, Any] = {}
        line, is_wrapper, repeated = self.line, False, None
        for name in self.members():
            if name in inside and self.peek() == "[":
                is_wrapper = True
                yield from self.elements()
            elif (value := self._short_value()) is not None:
                repeated = Repeated(name) if name in record else repeated
                record[name] = value
        if not is_wrapper:
            yield line, repeated or record, json.dumps(record, ensure_ascii=False)

    def _short_value(self) -> Any:
        try:
            return self.value()[0]
        except InvalidInput:
            # Other parts may be of any length.
            self.skip()
            return None

    def members(self) -> Iterator[str]:
        """Yield the names in the object that begins here; its user reads or skips each value."""
        for _ in self._members("}"):
            name, _ = self.value()
            if not isinstance(name, str) or self.peek() != ":":
                self.refuse("not valid JSON")
            self.position += 1
            self.peek()
            yield name

    def skip(self, depth: int = 0) -> None:
        """Pass the value that begins here, however long it is."""
        start = self.peek()
        if depth > DEEPEST:
            self.refuse("nested too deeply")
        if start == "[":
            for _ in self._members("]"):
                self.skip(depth + 1)
        elif start == "{":
            for _ in self.members():
                self.skip(depth + 1)
        else:
            self.value()

    def _members(self, end: str) -> Iterator[int]:
        """Yield the line of each member of what begins here; its user reads it."""
        self.position += 1
        more = self.peek() != end
        while more:
            yield self.line
            following = self.peek()
            if following == ",":
                self.position += 1
                self.peek()
            elif following != end:
                self.refuse("a comma or the end of the array is missing")
            more = following == ","
        self.position += 1
