"""Reads records from JSON lines, from a JSON array, and from JSON objects one after the other."""

from collections.abc import Iterator
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, TextIO

from userctl import schemas
from userctl.core.text import quote
from userctl.formats.encoding import undecodable_reason
from userctl.formats.json_window import DECODER, RepeatedKey, Window
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

KEPT_CHARACTERS = 1000
"""How many characters of a record that is too long are kept."""

_PLAIN = frozenset({str, NoneType})
"""The types of values that are texts already."""


def read_json_lines(text: TextIO, options: ReadOptions) -> "Iterator[FileRecord]":
    """Yield the records of JSON lines; a file that is a JSON array is read as one."""
    to_record = _RecordFactory(options, text.encoding)
    line, has_records = 0, False
    while content := text.readline(LONGEST_RECORD):
        line += 1
        if content.isspace():
            continue
        if not has_records and content.lstrip().startswith("["):
            yield from _window_records(Window(text, content, line), to_record)
            return
        has_records = True
        if len(content) == LONGEST_RECORD:
            _skip_line(text)
            reason = f"Longer than {LONGEST_RECORD:,} characters."
            yield to_record.reject(line, reason, f"{content[:KEPT_CHARACTERS]}…")
            continue
        try:
            values = DECODER.decode(content)
        except (ValueError, RecursionError):
            reason = undecodable_reason(content, text.encoding) or "Not valid JSON."
            yield to_record.reject(line, reason, content.rstrip("\r\n"))
        else:
            yield to_record(line, values, content)


def read_json(text: TextIO, options: ReadOptions) -> "Iterator[FileRecord]":
    """Yield the records of a JSON array, or of a sequence of objects.

    Raises:
        InvalidInput: if it is not JSON, because the end of a record cannot be found then.
    """
    yield from _window_records(Window(text), _RecordFactory(options, text.encoding))


def _window_records(window: Window, to_record: "_RecordFactory") -> "Iterator[FileRecord]":
    return (to_record(*placed_value) for placed_value in window.values())


def _skip_line(text: TextIO) -> None:
    piece = " "
    while piece and piece[-1] not in "\r\n":
        piece = text.readline(LONGEST_RECORD)


class _RecordFactory:
    """Makes records from JSON values.

    Args:
        options: how they are read.
        encoding: the encoding of the file, for messages.
    """

    def __init__(self, options: ReadOptions, encoding: str | None) -> None:
        self._options = options
        self._encoding = encoding
        self._record = schemas.transfer.FileRecord
        self._unused_fields = frozenset(schemas.transfer.UNUSED_FIELDS)
        self._are_plain = lru_cache(100)(self._check_names)

    def __call__(self, line: int, values: Any, content: str) -> "FileRecord":
        """Return the record of a value, whose text is ``content``."""
        if isinstance(values, dict) and content.isascii():
            # Most records need no special care, and there may be millions.
            names, texts = tuple(values), tuple(values.values())
            if self._are_plain(names) and _PLAIN.issuperset(map(type, texts)):
                return self._record(line, names, texts, None, self._source(content))
        return self._read_value(line, values, content)

    def _read_value(self, line: int, values: Any, content: str) -> "FileRecord":
        if reason := undecodable_reason(content, self._encoding):
            return self.reject(line, reason, content)
        if isinstance(values, RepeatedKey):
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
        # Ids are assigned anew, but distinguish users with the same address.
        return type(value) is int if field == "id" else field not in self._unused_fields

    def _check_names(self, names: tuple[str, ...]) -> bool:
        """Tell whether each name is that of a field that is read."""
        return all(
            name not in self._unused_fields and self._options.field(name) == name for name in names
        )

    def _source(self, content: str) -> str | None:
        return content if self._options.keep_sources else None

    def reject(self, line: int, reason: str, content: str) -> "FileRecord":
        """Return a record that cannot be read."""
        return self._record(line, unreadable=reason, source=self._source(content))
