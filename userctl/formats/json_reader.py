"""Reads records from JSON lines, from a JSON array, and from JSON objects one after the other."""

from collections.abc import Iterator
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, TextIO

from userctl import schemas
from userctl.core.text import quote
from userctl.formats.encoding import undecodable
from userctl.formats.json_window import DECODER, Repeated, Window
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

KEPT_OF_LONG = 1000
"""How many characters are kept of a record that is too long."""

_PLAIN = frozenset({str, NoneType})
"""The types of values that are texts already."""


def read_json_lines(text: TextIO, options: ReadOptions) -> "Iterator[FileRecord]":
    """Yield the records of JSON lines; a file that is a JSON array is read as one."""
    to_record = _Records(options, text.encoding)
    line, started = 0, False
    while content := text.readline(LONGEST_RECORD):
        line += 1
        if content.isspace():
            continue
        if not started and content.lstrip().startswith("["):
            yield from _all(Window(text, content, line), to_record)
            return
        started = True
        if len(content) == LONGEST_RECORD:
            _skip_line(text)
            reason = f"Longer than {LONGEST_RECORD:,} characters."
            yield to_record.reject(line, reason, f"{content[:KEPT_OF_LONG]}…")
            continue
        try:
            values = DECODER.decode(content)
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
    yield from _all(Window(text), _Records(options, text.encoding))


def _all(window: Window, to_record: "_Records") -> "Iterator[FileRecord]":
    return (to_record(*found) for found in window.values())


def _skip_line(text: TextIO) -> None:
    piece = " "
    while piece and piece[-1] not in "\r\n":
        piece = text.readline(LONGEST_RECORD)


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
        if isinstance(values, Repeated):
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
