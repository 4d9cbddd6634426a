"""CSV that is safe to open in a spreadsheet and reads back unchanged."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from userctl.core.text import escape_invisible, rfc3339

_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "'")


def csv_line(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return a line of cells, quoted as in RFC 4180 but ending in a plain newline."""
    buffer = io.StringIO()
    # With this terminator, the writer quotes a cell that holds either of its characters.
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def csv_cell(value: Any, *, escaped: bool) -> str:
    """Return a value as a cell that no spreadsheet runs as a formula.

    Text that looks like a formula gets a leading apostrophe, and so does text that begins with
    one, so that :func:`csv_text` can restore it.

    Args:
        value: a value of a record.
        escaped: whether to escape invisible characters, as a terminal needs.
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
    """Return the text from which :func:`csv_cell` made a cell."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA_PREFIXES else cell
