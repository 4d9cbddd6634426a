"""Reads the names of users from a list, or from the column ``email`` of CSV."""

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, TextIO, cast

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.formats.csv_reader import DELIMITERS, read_csv
from userctl.formats.encoding import undecodable_reason
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions, fold_name
from userctl.formats.replayed_text import ReplayedText

if TYPE_CHECKING:
    from userctl.schemas.batches import UserReference

LONGEST_LIST = 100_000
"""How many users a file may name; a file without end must not fill the memory."""

_COLUMN = "email"
_SEPARATOR = re.compile(r'"?sep=', re.IGNORECASE)
"""The beginning of the line in which spreadsheets name the delimiter."""

_COMMENT = re.compile(r"(^|\s)#.*")


def read_references(text: TextIO) -> "list[UserReference]":
    """Return the names of users in a file, with their lines.

    Each line names one user. Blank lines, and comments from ``#`` on, are ignored. If the first
    other line has a cell ``email``, the file is CSV, whose other columns are ignored.

    Args:
        text: the content of the file, as :func:`~userctl.formats.source.open_source` opens it.

    Raises:
        InvalidInput: if a line cannot be read, a row of CSV has no address, the file names no
            user, or it is too long.
    """
    lines, first = _read_to_first_name(text)
    names = (
        _read_column(ReplayedText(lines, text)) if _is_header(first) else _read_list(lines, text)
    )
    references: list[UserReference] = []
    for reference in names:
        if len(references) == LONGEST_LIST:
            raise InvalidInput(f"The file names more than {LONGEST_LIST:,} users.")
        references.append(reference)
    if not references:
        raise InvalidInput("The file names no user.")
    return references


def _read_to_first_name(text: TextIO) -> tuple[list[str], str]:
    """Return the lines up to the first that is neither blank nor a comment, and what it says."""
    lines: list[str] = []
    for line in iter(partial(text.readline, LONGEST_RECORD), ""):
        lines.append(line)
        if bare := _COMMENT.sub("", line).strip():
            return lines, bare
        if len(lines) > LONGEST_LIST:
            break
    return lines, ""


def _is_header(line: str) -> bool:
    if _SEPARATOR.match(line):
        return True
    cells = re.split(f"[{re.escape(DELIMITERS)}]", line)
    return _COLUMN in (fold_name(cell.strip().strip('"')) for cell in cells)


def _read_list(start: list[str], text: TextIO) -> "Iterator[UserReference]":
    following = iter(partial(text.readline, LONGEST_RECORD), "")
    for number, line in enumerate((*start, *following), 1):
        if len(line) == LONGEST_RECORD:
            raise InvalidInput(f"Line {number:,} is longer than {LONGEST_RECORD:,} characters.")
        if reason := undecodable_reason(line, text.encoding):
            raise InvalidInput(f"Line {number:,} cannot be read: {reason}")
        if name := _COMMENT.sub("", line).strip():
            yield schemas.batches.UserReference(name, number)


def _read_column(text: ReplayedText) -> "Iterator[UserReference]":
    skipped_lines = len(text.pieces) - 1
    del text.pieces[:-1]
    # The reader needs only the lines and the encoding of a file.
    records = read_csv(cast("TextIO", text), ReadOptions(fields=(_COLUMN,), ignore_unknown=True))
    for record in records:
        line = record.line + skipped_lines
        if record.unreadable is not None:
            raise InvalidInput(f"Line {line:,} cannot be read: {record.unreadable}")
        name = (dict(zip(record.names, record.texts, strict=True)).get(_COLUMN) or "").strip()
        if not name:
            raise InvalidInput(
                f"Line {line:,} has no e-mail address.",
                hint="Correct the file, or delete the line.",
            )
        yield schemas.batches.UserReference(name, line)
