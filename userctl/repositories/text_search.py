"""Finds text that columns contain, the same on every database.

Texts are compared as :func:`userctl.core.text.fold` folds them. What a database itself takes for
the lower case of a letter depends on its collation, and that of PostgreSQL may know ASCII only.
"""

import unicodedata
from functools import cache
from typing import Any

from sqlalchemy import Connection, LargeBinary, Text, case, cast, collate, false, func, or_
from sqlalchemy import text as sql

from userctl.core.text import fold

LAST_FOLDED = 0x1E921
"""The last character that is not folded to itself, in Unicode up to version 16."""

_CODECS = {"KOI8R": "koi8_r", "KOI8U": "koi8_u", "SQL_ASCII": "utf_8"}
"""Encodings of PostgreSQL whose names Python does not know. A database without an encoding holds
what its clients sent, which is UTF-8 in our case."""


def contains(connection: Connection, columns: list[Any], searched: str) -> Any:
    """Return the condition that one of some columns contains a text.

    Args:
        connection: the database.
        columns: the columns.
        searched: the text, in whatever case and normalization form.
    """
    searched = fold(searched)
    if connection.dialect.name == "sqlite":
        # Only as bytes can a text be read that is not valid in its encoding.
        utf8 = connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8"
        folded = [func.userctl_fold(cast(c, LargeBinary) if utf8 else c) for c in columns]
        return or_(*(func.instr(each, searched) > 0 for each in folded))
    encoding = _server_encoding(connection)
    if not _has_all(encoding, searched):
        return false()
    return or_(*(func.strpos(_folded(c, searched, encoding), searched) > 0 for c in columns))


def _folded(column: Any, searched: str, encoding: str) -> Any:
    """Return a column folded by PostgreSQL, as far as that matters for what is searched.

    Only those characters are folded that become one which is searched. Each PostgreSQL has these
    functions, and with the collation "C" they treat every other character alike.
    """
    text = collate(cast(column, Text), "C")
    folds = {c: to for c, to in _folds(searched).items() if _has_all(encoding, c + to)}
    if encoding != "UTF8":
        return _replace(func.lower(text), folds)
    # Others do not occur in a decomposed text.
    folds = {c: to for c, to in folds.items() if unicodedata.is_normalized("NFD", c)}
    single = {c: to for c, to in folds.items() if len(to) == 1}
    folded = func.normalize(text, sql("NFD"))
    folded = _replace(folded, {c: to for c, to in folds.items() if c not in single})
    folded = func.translate(folded, "".join(single), "".join(single.values()))
    is_ascii = func.octet_length(text) == func.char_length(text)
    return case((is_ascii, func.lower(text)), else_=func.normalize(folded, sql("NFC")))


def _replace(text: Any, folds: dict[str, str]) -> Any:
    for character, to in folds.items():
        text = func.replace(text, character, to)
    return text


def _folds(searched: str) -> dict[str, str]:
    """Return the characters that folding turns into something that is searched, and into what."""
    if searched and unicodedata.combining(searched[0]):
        # Whatever it follows may be folded to something that is composed with it.
        return _all_folds()
    wanted = set(unicodedata.normalize("NFD", searched)) | set(searched)
    # A mark that is folded to a letter would be composed with the letter before it if it were not.
    return {
        c: to
        for c, to in _all_folds().items()
        if unicodedata.combining(c) or not wanted.isdisjoint(to)
    }


@cache
def _all_folds() -> dict[str, str]:
    characters = map(chr, range(LAST_FOLDED + 1))
    return {c: to for c in characters if (to := c.casefold()) != c}


def _server_encoding(connection: Connection) -> str:
    driver: Any = connection.connection.driver_connection
    return str(driver.info.parameter_status("server_encoding"))


def _has_all(encoding: str, characters: str) -> bool:
    """Tell whether an encoding of PostgreSQL has some characters."""
    codec = _CODECS.get(encoding, encoding.replace("WIN", "cp"))
    try:
        characters.encode(codec)
    except LookupError:
        return characters.isascii()
    except UnicodeEncodeError:
        return False
    return True
