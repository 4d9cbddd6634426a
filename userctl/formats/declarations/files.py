"""The files of a declaration: one, several, all of a folder, or standard input."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from userctl.core.errors import DeclarationIncomplete, DeclarationInvalid
from userctl.core.places import Place, Problem
from userctl.core.text import escape_invisible
from userctl.formats.encoding import LONGEST_MARK, detect_encoding
from userctl.formats.file_format import STREAM

EXTENSIONS = (".yaml", ".yml", ".json")
"""The files of a folder that are read; those whose name begins with a dot are left out."""

LARGEST_FILE = 100 * 2**20
"""How many bytes a file may have."""


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of a declaration, those of a folder and its subfolders sorted by name.

    Raises:
        DeclarationIncomplete: if a folder cannot be read to its end or has no file.
    """
    return [file for path in paths for file in _files_of(path)]


def read_text(file: Path) -> str:
    """Return the text of a file, or of standard input.

    Raises:
        DeclarationIncomplete: if it is empty, or cannot be read to its end.
        DeclarationInvalid: if it is too long, or is not text.
    """
    try:
        content = _read_bytes(file)
    except OSError as error:
        raise _incomplete_error(file, error) from error
    if len(content) > LARGEST_FILE:
        raise _invalid_error(file, 1, 1, f"A file has at most {LARGEST_FILE:,} bytes.")
    encoding = detect_encoding(content[:LONGEST_MARK], None)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        valid_text = content[: error.start].decode(encoding, "replace")
        line, column = valid_text.count("\n") + 1, len(valid_text) - valid_text.rfind("\n")
        raise _invalid_error(file, line, column, f"Not {encoding.upper()}.") from None
    if not text.strip():
        raise empty_file_error(file)
    return text


def empty_file_error(file: Path) -> DeclarationIncomplete:
    """Return the error that says that a file declares nothing."""
    return DeclarationIncomplete(f"{_display_name(file)} is empty; nothing was changed.")


def _files_of(path: Path) -> Iterator[Path]:
    if path == STREAM or not path.is_dir():
        yield path
        return
    files = [*_walk(path)]
    if not files:
        raise DeclarationIncomplete(
            f"The folder {_display_name(path)} has no file of users; nothing was changed.",
            hint=f"Files end in {', '.join(EXTENSIONS)}.",
        )
    yield from files


def _walk(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        for path in paths:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode) and path.is_symlink():
                # A link may lead back up, but ignoring it would leave out its users.
                raise DeclarationIncomplete(
                    f"{_display_name(path)} links to a folder; nothing was changed.",
                    hint="Name the folder as an argument of its own.",
                )
            if stat.S_ISDIR(mode):
                yield from _walk(path)
            elif path.suffix.lower() in EXTENSIONS:
                yield path
    except OSError as error:
        raise _incomplete_error(folder, error) from error


def _read_bytes(file: Path) -> bytes:
    if file == STREAM:
        if sys.stdin is None or sys.stdin.closed:
            raise DeclarationIncomplete("Standard input is closed; nothing was changed.")
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    with file.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)


def _incomplete_error(path: Path, error: OSError) -> DeclarationIncomplete:
    place = Path(os.fsdecode(error.filename)) if error.filename else path
    return DeclarationIncomplete(f"Cannot read {_display_name(place)}: {error.strerror}.")


def _display_name(path: Path) -> str:
    return "Standard input" if path == STREAM else f"'{escape_invisible(str(path))}'"


def _invalid_error(file: Path, line: int, column: int, message: str) -> DeclarationInvalid:
    return DeclarationInvalid([Problem(Place(str(file), line, column), message)])
