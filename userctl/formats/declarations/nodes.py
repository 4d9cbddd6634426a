"""Reads YAML 1.2, and JSON, its subset, as values that know their places.

The parser of PyYAML gives events, without types: this module resolves scalars by the core schema
(YAML 1.2.2, section 10.3.2), in which ``no`` and a date are text. Anchors, aliases and tags are
refused, so that no value is larger than its text, and none creates an object.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import Reader, ReaderError

from userctl.core.text import quote

Mark = tuple[int, int]
"""A line and a column, both from 1."""

Refuse = Callable[[Mark, str], None]
"""Called with the place and the problem."""

DEEPEST = 8
"""How many levels of lists and mappings a document may have."""

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, which PyYAML has on most systems; the other one takes far longer."""

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,20}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,20}")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_BEGINS_NUMBER = frozenset("-+.0123456789")

_SURROGATES = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
"""How JSON, but not YAML, escapes a character beyond the first plane (RFC 8259, section 7).

In YAML such a text stands for itself unless it is in double quotes."""


@dataclass(slots=True)
class Node:
    """A value and its place.

    Attributes:
        value: text, a number, a boolean, None, a list or a dictionary.
        mark: where it begins.
        text: a scalar as it is written.
        children: the nodes of a list by their positions, or those of a dictionary by their keys.
        keys: the places of the keys of a dictionary.
    """

    value: Any
    mark: Mark
    text: str | None = None
    children: dict[Any, "Node"] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)


class Entry(NamedTuple):
    """A key of a document and its value, or one item of the list that is its value."""

    key: str
    mark: Mark
    node: Node
    is_item: bool = False


class NotYAML(Exception):
    """The text is not YAML from a place on, so that the rest cannot be read."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message


def read_entries(text: str, list_key: str, refuse: Refuse) -> Iterator[Entry]:
    """Yield the entries of a document, which is a mapping.

    Args:
        text: the document.
        list_key: the key of a list that may be long: its items follow it one by one.
        refuse: called for what YAML allows but a declaration does not.

    Raises:
        NotYAML: if the text is not YAML.
    """
    try:
        yield from _Events(text, refuse).entries(list_key)
    except ReaderError as error:
        match = Reader.NON_PRINTABLE.search(text)
        text_before = text[: match.start() if match else 0]
        mark = text_before.count("\n") + 1, len(text_before) - text_before.rfind("\n")
        character = f": U+{ord(match[0]):04X}" if match else ""
        raise NotYAML(mark, f"This character is not allowed{character}.") from error
    except yaml.MarkedYAMLError as error:
        raise _not_yaml_error(error, text) from None


class _Events:
    """The events of a text, and the values that they stand for."""

    def __init__(self, text: str, refuse: Refuse) -> None:
        if r"\u" in text and text.lstrip()[:1] == "{":
            text = _SURROGATES.sub(_join_surrogates, text)
        self._events = yaml.parse(text, Loader=_PARSER)
        self._refuse = refuse

    def entries(self, list_key: str) -> Iterator[Entry]:
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(_mark(event), "A file contains only one document.")
                    return
                if event.version not in (None, (1, 2)):
                    self._refuse(_mark(event), "Only YAML 1.2 is supported.")
            elif isinstance(event, MappingStartEvent):
                self._check_properties(event)
                yield from self._document_entries(list_key)
            elif isinstance(event, ScalarEvent | AliasEvent | SequenceStartEvent):
                self._refuse(_mark(event), "A file is a mapping with the keys 'set' and 'users'.")
                self._read_value(event, 0)

    def _document_entries(self, list_key: str) -> Iterator[Entry]:
        marks: dict[str, Mark] = {}
        for key, mark in self._keys(marks):
            event = next(self._events)
            if key != list_key or not isinstance(event, SequenceStartEvent):
                yield Entry(key, mark, self._read_value(event, 1))
                continue
            self._check_properties(event)
            yield Entry(key, mark, Node([], _mark(event)))
            while not isinstance(event := next(self._events), SequenceEndEvent):
                yield Entry(key, mark, self._read_value(event, 2), is_item=True)

    def _keys(self, marks: dict[str, Mark]) -> Iterator[tuple[str, Mark]]:
        """Yield the keys of a mapping up to its end; their values are left to the caller."""
        while not isinstance(event := next(self._events), MappingEndEvent):
            mark = _mark(event)
            if not isinstance(event, ScalarEvent):
                self._refuse(mark, "A key must be text.")
                self._skip(event)
                self._skip(next(self._events))
                continue
            self._check_properties(event)
            key = event.value
            if key in marks:
                self._refuse(mark, f"The key {quote(key)} is already in line {marks[key][0]}.")
                self._skip(next(self._events))
                continue
            marks[key] = mark
            yield key, mark

    def _read_value(self, event: Any, depth: int) -> Node:
        """Return the value that begins with an event."""
        self._check_properties(event)
        mark = _mark(event)
        if isinstance(event, ScalarEvent):
            plain = not event.style and event.tag is None
            return Node(_resolve(event.value) if plain else event.value, mark, event.value)
        if isinstance(event, AliasEvent):
            return Node(None, mark)
        if depth >= DEEPEST:
            self._skip(event)
            self._refuse(mark, "This is nested too deeply.")
            return Node(None, mark)
        node = Node(None, mark)
        if isinstance(event, MappingStartEvent):
            for key, _ in self._keys(node.keys):
                node.children[key] = self._read_value(next(self._events), depth + 1)
            node.value = {key: child.value for key, child in node.children.items()}
        else:
            while not isinstance(item := next(self._events), SequenceEndEvent):
                node.children[len(node.children)] = self._read_value(item, depth + 1)
            node.value = [child.value for child in node.children.values()]
        return node

    def _skip(self, event: Any) -> None:
        """Read on to the end of the value that begins with an event."""
        open_collections = int(isinstance(event, CollectionStartEvent))
        while open_collections:
            event = next(self._events)
            open_collections += isinstance(event, CollectionStartEvent)
            open_collections -= isinstance(event, CollectionEndEvent)

    def _check_properties(self, event: Any) -> None:
        if event.anchor is not None:
            feature = "An alias" if isinstance(event, AliasEvent) else "An anchor"
            self._refuse(_mark(event), f"{feature} is not supported: write the value itself.")
        tag = None if isinstance(event, AliasEvent) else event.tag
        if tag not in (None, "!", "tag:yaml.org,2002:str"):
            self._refuse(_mark(event), f"The tag {quote(tag)} is not supported: remove it.")


def _resolve(text: str) -> Any:
    """Return the value of a plain scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _BEGINS_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _join_surrogates(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


def _not_yaml_error(error: yaml.MarkedYAMLError, text: str) -> NotYAML:
    place = error.problem_mark or error.context_mark
    line, column = (place.line, place.column) if place else (0, 0)
    lines = text.splitlines()
    if line < len(lines) and "\t" in lines[line][column : column + 1]:
        return NotYAML((line + 1, column + 1), "A tab cannot indent: use spaces.")
    message = f"Not YAML: {error.problem}"
    if error.context and error.context_mark:
        message += f" {error.context} that begins in line {error.context_mark.line + 1}"
    return NotYAML((line + 1, column + 1), f"{message}.")
