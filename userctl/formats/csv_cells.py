"""CSV that a spreadsheet may open, and a program reads back as it was."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from userctl.core.text import escape_invisible, rfc3339

_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "'")


def csv_line(cells: Sequence[str]) -> str:
    """Return a line of cells (RFC 4180), which ends as lines do on this side of CSV."""
    buffer = io.StringIO()
    # Both characters of this terminator are quoted within a cell.
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def csv_cell(value: Any, *, escaped: bool) -> str:
    """Return a value as a spreadsheet may open it.

    A text that it would run as a formula gets an apostrophe in front, and so does one that has
    an apostrophe there already, so that :func:`csv_text` gets the text back.

    Args:
        value: a value of a record.
        escaped: whether unseen characters are escaped, as a terminal needs it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        value = json.dumps(value, sort_keys=True)
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if not isinstance(value, str):
        return str(value)
    text = escape_invisible(value) if escaped else value
    return f"'{text}" if text.startswith(_FORMULA_PREFIXES) else text


def csv_text(cell: str) -> str:
    """Return the text of which :func:`csv_cell` made a cell."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA_PREFIXES else cell
