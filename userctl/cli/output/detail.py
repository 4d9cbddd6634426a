"""Formats the detail of an event for people."""

from collections.abc import Mapping
from typing import Any

_CAUSES = ("cause", "reason")
"""What comes first about a failure: the true cause, or else the reason that the person saw."""


def readable_detail(detail: Mapping[str, Any]) -> str:
    """Return the detail of an event as one line, changes and reasons first.

    >>> readable_detail({"via": "import", "changes": {"role": ["user", "admin"]}})
    'role: user → admin, via: import'
    """
    parts = []
    changes = detail.get("changes")
    if isinstance(changes, Mapping):
        parts += [f"{name}: {_change(values)}" for name, values in changes.items()]
    names = [name for name in _CAUSES if name in detail][:1]
    names += [name for name in detail if name not in {*_CAUSES, "changes"}]
    parts += [f"{name}: {_text(detail[name])}" for name in names if detail[name] not in _EMPTY]
    return ", ".join(parts)


_EMPTY: tuple[Any, ...] = (None, "", [], {})
"""Values that are left out."""


def _change(values: Any) -> str:
    if not isinstance(values, list) or len(values) != 2:
        return _text(values)
    old, new = values
    return f"{_text(old)} → {_text(new)}"


def _text(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(_text, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    return str(value)
