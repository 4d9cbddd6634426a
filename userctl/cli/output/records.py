"""Records as text for programs: JSON, and raw values."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from userctl.core.text import escape_invisible, rfc3339
from userctl.formats.csv_cells import csv_cell


def json_text(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON, with times in RFC 3339."""
    # Printable ASCII alone is safe on every terminal and in every locale.
    return json.dumps(value, indent=indent, default=_json_value, ensure_ascii=True)


def _raw_values(row: Mapping[str, Any]) -> str:
    return "\n".join(map(_raw_text, row.values()))


def _raw_text(value: Any) -> str:
    # A line break in a value would look like the end of it.
    if isinstance(value, str):
        return escape_invisible(value)
    if isinstance(value, list):
        return ", ".join(map(_raw_text, value))
    return csv_cell(value, escaped=True)


LINES: Mapping[str, Callable[[dict[str, Any]], str]] = {"jsonl": json_text, "raw": _raw_values}
"""The functions that make one line of a record, by format."""


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def write_array(rows: Iterable[dict[str, Any]], write: Callable[[str], None]) -> None:
    """Write records as one array, each as soon as it is available."""
    separator = "["
    for row in rows:
        indented = json_text(row, indent=2).replace("\n", "\n  ")
        write(f"{separator}\n  {indented}")
        separator = ","
    write("[]\n" if separator == "[" else "\n]\n")
