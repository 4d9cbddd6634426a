"""Reads records from JSON lines, from a JSON array, and from JSON objects one after the other."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.formats.encoding import undecodable
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

CHUNK = 2**16
"""How many characters are read at once where lines do not matter."""

KEPT_OF_LONG = 1000
"""How many characters are kept of a record that is too long."""

_PLAIN = frozenset({str, NoneType})
"""The types of values that are texts already."""

_WHITE_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class _Repeated:
    """A key that an object has twice, in place of the object.

    The last value would win, and a person who reads the file may see the first.
    """

    key: str


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Repeated:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    names = [name for name, _ in pairs]
    return _Repeated(next(name for name in names if names.count(name) > 1))


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def read_json_lines(text: TextIO, options: ReadOptions) -> "Iterator[FileRecord]":
    """Yield the records of JSON lines; a file that is a JSON array is read as one."""
    to_record = _Records(options, text.encoding)
    line, started = 0, False
    while content := text.readline(LONGEST_RECORD):
        line += 1
        if content.isspace():
            continue
        if not started and content.lstrip().startswith("["):
            yield from _read_values(_Window(text, content, line), to_record)
            return
        started = True
        if len(content) == LONGEST_RECORD:
            _skip_line(text)
            reason = f"Longer than {LONGEST_RECORD:,} characters."
            yield to_record.reject(line, reason, f"{content[:KEPT_OF_LONG]}…")
            continue
        try:
            values = _DECODER.decode(content)
        except (ValueError, RecursionError):
            reason = undecodable(content, text.encoding) or "Not valid JSON."
            yield to_record.reject(line, reason, content.rstrip("\r\n"))
        else:
            yield to_record(line, values, content)


def read_json(text: TextIO, options: ReadOptions) -> "Iterator[FileRecord]":
    """Yield the records of a JSON array, or of objects that follow one another.

    Raises:
        InvalidInput: if it is not JSON, since what follows cannot be told apart then.
    """
    yield from _read_values(_Window(text), _Records(options, text.encoding))


def _skip_line(text: TextIO) -> None:
    piece = " "
    while piece and piece[-1] not in "\r\n":
        piece = text.readline(LONGEST_RECORD)


def _read_values(window: "_Window", to_record: "_Records") -> "Iterator[FileRecord]":
    is_array = window.peek() == "["
    if is_array:
        window.position += 1
    more = window.peek() != "]" if is_array else window.peek() != ""
    while more:
        line = window.line
        value, content = window.value()
        yield to_record(line, value, content)
        following = window.peek()
        if is_array and following == ",":
            window.position += 1
            window.peek()
        elif is_array and following != "]":
            window.refuse("a comma or the end of the array is missing")
        else:
            more = not is_array and following != ""
    if is_array:
        window.position += 1
        if window.peek():
            window.refuse("something follows the end of the array")


class _Window:
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
                value, end = _DECODER.raw_decode(self._buffer, self.position)
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


class _Records:
    """Makes records of JSON values.

    Args:
        options: how they are read.
        encoding: the encoding of the file, for messages.
    """

    def __init__(self, options: ReadOptions, encoding: str | None) -> None:
        self._options = options
        self._encoding = encoding
        self._record = schemas.transfer.FileRecord
        self._unused = frozenset(schemas.transfer.UNUSED_FIELDS)
        self._are_plain = lru_cache(100)(self._find_out_whether_plain)

    def __call__(self, line: int, values: Any, content: str) -> "FileRecord":
        """Return the record of a value, of which ``content`` is the text."""
        if isinstance(values, dict) and content.isascii():
            # Most records need no care, and there may be millions.
            names, texts = tuple(values), tuple(values.values())
            if self._are_plain(names) and _PLAIN.issuperset(map(type, texts)):
                return self._record(line, names, texts, None, self._source(content))
        return self._read(line, values, content)

    def _read(self, line: int, values: Any, content: str) -> "FileRecord":
        if reason := undecodable(content, self._encoding):
            return self.reject(line, reason, content)
        if isinstance(values, _Repeated):
            return self.reject(line, f"The key {quote(values.key)} appears twice.", content)
        if not isinstance(values, dict):
            return self.reject(line, "Not a JSON object.", content)
        texts: dict[str, str | None] = {}
        for name, value in values.items():
            field = self._options.field(name)
            if field is None or not self._is_read(field, value):
                continue
            if field in texts:
                return self.reject(line, f"The field {quote(field)} appears twice.", content)
            if not isinstance(value, str | bool | None) and field != "id":
                reason = f"The value of {quote(name)} is not a string."
                return self.reject(line, reason, content)
            texts[field] = str(value).lower() if isinstance(value, bool | int) else value
        fields = tuple(texts), tuple(texts.values())
        return self._record(line, *fields, source=self._source(content))

    def _is_read(self, field: str, value: Any) -> bool:
        # Ids are assigned anew, but tell users apart who have the same address.
        return type(value) is int if field == "id" else field not in self._unused

    def _find_out_whether_plain(self, names: tuple[str, ...]) -> bool:
        """Tell whether each name is that of a field, and each field is read."""
        return all(name not in self._unused and self._options.field(name) == name for name in names)

    def _source(self, content: str) -> str | None:
        return content if self._options.keep_sources else None

    def reject(self, line: int, reason: str, content: str) -> "FileRecord":
        """Return a record that cannot be read."""
        return self._record(line, unreadable=reason, source=self._source(content))
