"""Searches columns for a text, with the same result on every database.

Texts are compared as :func:`userctl.core.text.fold` folds them. What a
database itself lower-cases depends on its collation, which on PostgreSQL may know ASCII only.
"""

import unicodedata
from functools import cache
from typing import Any

from sqlalchemy import Connection, LargeBinary, Text, case, cast, collate, false, func, or_
from sqlalchemy import text as sql

from userctl.core.text import fold

LAST_FOLDED_CHARACTER = 0x1E921
"""The last character that is not folded to itself, in Unicode up to version 16."""

_CODECS = {"KOI8R": "koi8_r", "KOI8U": "koi8_u", "SQL_ASCII": "utf_8"}
"""Encodings of PostgreSQL whose names Python does not know. A database without an encoding holds
what its clients sent, which is UTF-8 in our case."""


def contains(connection: Connection, columns: list[Any], needle: str) -> Any:
    """Return the condition that one of some columns contains a text.

    Args:
        connection: the database.
        columns: the columns.
        needle: the text, in any case and normalization form.
    """
    needle = fold(needle)
    if connection.dialect.name == "sqlite":
        # Text that is invalid in its encoding can only be read as bytes.
        utf8 = connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8"
        folded_columns = [func.userctl_fold(cast(c, LargeBinary) if utf8 else c) for c in columns]
        return or_(*(func.instr(column, needle) > 0 for column in folded_columns))
    encoding = _server_encoding(connection)
    if not _can_encode(encoding, needle):
        return false()
    return or_(*(func.strpos(_fold_column(c, needle, encoding), needle) > 0 for c in columns))


def _fold_column(column: Any, needle: str, encoding: str) -> Any:
    """Return a column folded by PostgreSQL, as far as the search needs it.

    Only characters that fold to a searched one are folded. Every PostgreSQL has these functions,
    and with the collation "C" they treat all other characters the same everywhere.
    """
    text = collate(cast(column, Text), "C")
    folds = {c: to for c, to in _folds(needle).items() if _can_encode(encoding, c + to)}
    if encoding != "UTF8":
        return _replace(func.lower(text), folds)
    # Other characters do not occur in a decomposed text.
    folds = {c: to for c, to in folds.items() if unicodedata.is_normalized("NFD", c)}
    single_folds = {c: to for c, to in folds.items() if len(to) == 1}
    folded = func.normalize(text, sql("NFD"))
    folded = _replace(folded, {c: to for c, to in folds.items() if c not in single_folds})
    folded = func.translate(folded, "".join(single_folds), "".join(single_folds.values()))
    is_ascii = func.octet_length(text) == func.char_length(text)
    return case((is_ascii, func.lower(text)), else_=func.normalize(folded, sql("NFC")))


def _replace(text: Any, folds: dict[str, str]) -> Any:
    for character, to in folds.items():
        text = func.replace(text, character, to)
    return text


def _folds(needle: str) -> dict[str, str]:
    """Return the characters that fold to something searched for, and what they fold to."""
    if needle and unicodedata.combining(needle[0]):
        # The character before it may fold to one that is composed with it.
        return _all_folds()
    wanted = set(unicodedata.normalize("NFD", needle)) | set(needle)
    # Unfolded, a mark that folds to a letter would be composed with the letter before it.
    return {
        c: to
        for c, to in _all_folds().items()
        if unicodedata.combining(c) or not wanted.isdisjoint(to)
    }


@cache
def _all_folds() -> dict[str, str]:
    characters = map(chr, range(LAST_FOLDED_CHARACTER + 1))
    return {c: to for c in characters if (to := c.casefold()) != c}


def _server_encoding(connection: Connection) -> str:
    driver: Any = connection.connection.driver_connection
    return str(driver.info.parameter_status("server_encoding"))


def _can_encode(encoding: str, characters: str) -> bool:
    """Tell whether an encoding of PostgreSQL can represent some characters."""
    codec = _CODECS.get(encoding, encoding.replace("WIN", "cp"))
    try:
        characters.encode(codec)
    except LookupError:
        return characters.isascii()
    except UnicodeEncodeError:
        return False
    return True
