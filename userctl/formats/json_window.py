"""Reads JSON values one after the other from a text that may not fit into memory."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from userctl.core.errors import InvalidInput
from userctl.formats.encoding import undecodable_reason
from userctl.formats.read_options import LONGEST_RECORD

DEEPEST = 100
"""How deeply skipped values may be nested."""

CHUNK = 2**16
"""How many characters are read at once where lines do not matter."""

_WHITE_SPACE = re.compile(r"[ \t\r\n]*")

PlacedValue = tuple[int, Any, str]
"""A value with the line that it begins in and its text."""


@dataclass(frozen=True)
class RepeatedKey:
    """A key that an object has twice, returned in place of the object.

    The last value would win, and a person who reads the file may see the first.
    """

    key: str


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any] | RepeatedKey:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    names = [name for name, _ in pairs]
    return RepeatedKey(next(name for name in names if names.count(name) > 1))


DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys)


class Window:
    """The part of a JSON text that is being read.

    Args:
        text: the text.
        start: the part already read.
        line: the line in which that part begins.
    """

    def __init__(self, text: TextIO, start: str = "", line: int = 1) -> None:
        self._text = text
        self._buffer = start
        self.position = 0
        self.line = line

    def peek(self) -> str:
        """Pass white space, and return the character after it; an empty text at the end."""
        while True:
            match = _WHITE_SPACE.match(self._buffer, self.position)
            self._advance(match.end() if match else self.position)
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
                # It may be cut off at the end of the part that was read.
                if not self._fill():
                    self.refuse("not valid JSON")
                continue
            # A number may continue.
            if end < len(self._buffer) or not self._fill():
                content = self._buffer[self.position : end]
                self._advance(end)
                return value, content

    def refuse(self, problem: str) -> NoReturn:
        """Raise an error that names the line."""
        start = self._buffer[self.position :]
        reason = (
            undecodable_reason(start, self._text.encoding) or f"{problem[0].upper()}{problem[1:]}."
        )
        raise InvalidInput(f"Line {self.line:,}: {reason}")

    def _advance(self, end: int) -> None:
        self.line += self._buffer.count("\n", self.position, end)
        self.position = end

    def _fill(self) -> bool:
        """Read on, and forget the part already passed; return False at the end of the text."""
        if len(self._buffer) - self.position >= LONGEST_RECORD:
            self.refuse(f"not valid JSON, or longer than {LONGEST_RECORD:,} characters")
        chunk = self._text.read(CHUNK)
        self._buffer, self.position = self._buffer[self.position :] + chunk, 0
        return bool(chunk)

    def values(self) -> Iterator[PlacedValue]:
        """Yield the values of an array, or of a sequence without brackets.

        Raises:
            InvalidInput: if it is not JSON, because its end cannot be found then.
        """
        if self.peek() == "[":
            yield from self.elements()
            if self.peek():
                self.refuse("something follows the end of the array")
            return
        while self.peek():
            line = self.line
            yield line, *self.value()

    def elements(self, array_names: Sequence[str] = ()) -> Iterator[PlacedValue]:
        """Yield the elements of the array that begins here, and pass its end.

        Args:
            array_names: the names of arrays whose elements are yielded instead of an element.
        """
        for line in self._members("]"):
            if array_names and self.peek() == "{":
                yield from self.unwrap(array_names)
            else:
                yield line, *self.value()

    def unwrap(self, array_names: Sequence[str]) -> Iterator[PlacedValue]:
        """Yield the elements of an array in the object here; the object itself if it has none."""
        record: dict[str, Any] = {}
        line, is_wrapper, repeated_key = self.line, False, None
        for name in self.members():
            if name in array_names and self.peek() == "[":
                is_wrapper = True
                yield from self.elements()
            elif (value := self._short_value()) is not None:
                repeated_key = RepeatedKey(name) if name in record else repeated_key
                record[name] = value
        if not is_wrapper:
            yield line, repeated_key or record, json.dumps(record, ensure_ascii=False)

    def _short_value(self) -> Any:
        try:
            return self.value()[0]
        except InvalidInput:
            # Other members may be of any length.
            self.skip()
            return None

    def members(self) -> Iterator[str]:
        """Yield the names in the object that begins here; the caller reads or skips each value."""
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
        """Yield the line of each member of the array or object here; the caller reads it."""
        self.position += 1
        has_more = self.peek() != end
        while has_more:
            yield self.line
            separator = self.peek()
            if separator == ",":
                self.position += 1
                self.peek()
            elif separator != end:
                self.refuse("a comma or the end of the array is missing")
            has_more = separator == ","
        self.position += 1
