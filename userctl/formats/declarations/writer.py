"""Writes users as code: YAML 1.2 as short as possible, or JSON."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_PLAIN = re.compile(r"[^\W\d_](?:[\w .@+'-]*[\w@+])?")
"""Text that needs no quotes for any reader: neither a number nor a date."""

_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that stand for something else in YAML 1.1 or 1.2, in lower case."""

_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML does not allow in a text, or takes for the end of a line."""

Users = Iterable[Sequence[Mapping[str, Any]]]
"""Users with their declared fields, some in each chunk."""


def write_declaration(file: Path, users: Users, set_name: str | None) -> Iterator[str]:
    """Yield the text of a declaration: JSON if the name of the file ends in .json, or else YAML.

    Args:
        file: where it will be written; only its name matters.
        users: the users.
        set_name: the set that they belong to, if any.
    """
    return (_write_json if file.suffix.lower() == ".json" else _write_yaml)(users, set_name)


def scalar(value: object) -> str:
    """Return a text, a number, a boolean or None as YAML, without quotes if possible."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return _quote(value)


def _quote(value: object) -> str:
    # A text in JSON is one in YAML, if no character needs another escape.
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _write_yaml(users: Users, set_name: str | None) -> Iterator[str]:
    yield "" if set_name is None else f"set: {scalar(set_name)}\n"
    has_users = False
    for chunk in users:
        if chunk and not has_users:
            has_users = True
            yield "users:\n"
        yield "".join(map(write_user, chunk))
    if not has_users:
        yield "users: []\n"


def write_user(user: Mapping[str, Any]) -> str:
    """Return an item of the list of users as YAML."""
    lines = "\n    ".join(f"{field}: {scalar(value)}" for field, value in user.items())
    return f"  - {lines}\n"


def _write_json(users: Users, set_name: str | None) -> Iterator[str]:
    yield "{\n" if set_name is None else f'{{\n  "set": {json.dumps(set_name)},\n'
    separator = '  "users": [\n    '
    empty = '  "users": ['
    for chunk in users:
        for user in chunk:
            yield f"{separator}{json.dumps(user)}"
            separator, empty = ",\n    ", "\n  "
    yield f"{empty}]\n}}\n"
