"""Records of a file, made up or read from its content."""

import io
from typing import Any

from userctl.formats.encoding import LONGEST_MARK, UNDECODABLE, detect_encoding
from userctl.formats.read_options import ReadOptions
from userctl.formats.reader import ImportFormat, read_records
from userctl.schemas.transfer import FileRecord

KNOWN = ("email", "name", "password", "id", "reason")


def records(*rows: dict[str, str | None]) -> list[FileRecord]:
    """Return records in the lines from 2 on, like those of a CSV file."""
    return [FileRecord(line, tuple(row), tuple(row.values())) for line, row in enumerate(rows, 2)]


def read(
    content: str | bytes,
    file_format: ImportFormat = "csv",
    *,
    encoding: str | None = None,
    **options: Any,
) -> list[tuple[int, Any]]:
    """Return the line and the fields, or the complaint, of each record."""
    return [
        (line, unreadable or dict(zip(names, texts, strict=True)))
        for line, names, texts, unreadable, _ in read_whole(
            content, file_format, encoding=encoding, **options
        )
    ]


def read_whole(
    content: str | bytes,
    file_format: ImportFormat = "csv",
    *,
    encoding: str | None = None,
    **options: Any,
) -> list[FileRecord]:
    """Return each record."""
    raw = content if isinstance(content, bytes) else content.encode()
    found = detect_encoding(raw[:LONGEST_MARK], encoding)
    with io.TextIOWrapper(io.BytesIO(raw), found, UNDECODABLE, newline="") as text:
        return list(read_records(text, file_format, ReadOptions(KNOWN, **options)))
