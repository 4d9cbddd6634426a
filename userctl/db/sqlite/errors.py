"""The meaning of each error of SQLite."""

import re
import sqlite3

from userctl.core import errors
from userctl.core.masking import redact

Meaning = tuple[type[errors.UserctlError], str]

_LOCKED = (errors.DatabaseBusy, "The database stayed locked by another process")
_INCOMPLETE = (errors.DatabaseNotMigrated, "The schema is incomplete")
_FULL = (errors.DiskFull, "The disk is full")
_DOES_NOT_FIT = (errors.ConstraintViolated, "The database rejected the row")

_BY_CODE: dict[int, Meaning] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_SCHEMA: (errors.DatabaseBusy, "Another process changed the schema meanwhile"),
    sqlite3.SQLITE_INTERRUPT: (errors.DatabaseBusy, "The statement was interrupted"),
    sqlite3.SQLITE_ABORT: (errors.DatabaseBusy, "The statement was interrupted"),
    sqlite3.SQLITE_CANTOPEN: (errors.DatabaseUnreachable, "The database file cannot be opened"),
    sqlite3.SQLITE_PERM: (errors.DatabaseAccessDenied, "The database file cannot be accessed"),
    sqlite3.SQLITE_AUTH: (errors.DatabaseAccessDenied, "The database denied access"),
    sqlite3.SQLITE_CORRUPT: (errors.FileDamaged, "The database file is damaged"),
    sqlite3.SQLITE_FORMAT: (errors.FileDamaged, "The database file is damaged"),
    sqlite3.SQLITE_NOTADB: (errors.FileDamaged, "The file is not an SQLite database"),
    sqlite3.SQLITE_CONSTRAINT: _DOES_NOT_FIT,
    sqlite3.SQLITE_CONSTRAINT_TRIGGER: (
        errors.ConstraintViolated,
        "A trigger in the database refused the change",
    ),
    sqlite3.SQLITE_MISMATCH: _DOES_NOT_FIT,
    sqlite3.SQLITE_TOOBIG: _DOES_NOT_FIT,
    sqlite3.SQLITE_FULL: _FULL,
    # Enlarging the file with the index of the write-ahead log fails for no other reason.
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_IOERR: (errors.InputOutputFailed, "The disk reported an error"),
    sqlite3.SQLITE_NOLFS: (errors.InputOutputFailed, "The disk reported an error"),
    sqlite3.SQLITE_READONLY: (errors.ReadOnly, "The database file is read-only"),
}
"""The meaning of result codes, extended or primary; SQLITE_ERROR means whatever its text says."""

_BY_TEXT: tuple[tuple[str, Meaning], ...] = (
    (r"no such column: (?!(NEW|OLD)\.)", _INCOMPLETE),
    (
        "no such (table|column|view)",
        (errors.ConstraintViolated, "A trigger or a view of another program fails"),
    ),
    (
        r"no such (function|module|collation sequence|tokenizer)|unknown (function|tokenizer)|"
        "unsafe use of|not authorized",
        (errors.ExtensionMissing, "The tables need a feature that this SQLite lacks"),
    ),
    ("error in ", (errors.ConstraintViolated, "Another object in the database depends on it")),
    (
        "(?s:.*)(already exists$|there is already )",
        (errors.ForeignTables, "A table or a view with this name already exists"),
    ),
    (
        "integer overflow$",
        (
            errors.DatabaseNotReady,
            "A number that is stored, or that a trigger computes, is out of range",
        ),
    ),
    ("Could not decode to UTF-8", (errors.DatabaseDamaged, "A stored text is not UTF-8")),
)

_MISUSE = sqlite3.ProgrammingError | sqlite3.InterfaceError


def translate_sqlite(error: sqlite3.Error) -> errors.UserctlError | None:
    """Return the typed error, or None where userctl itself misused the driver."""
    text = str(error)
    meaning = _meaning(error, text)
    return None if meaning is None else meaning[0](f"{meaning[1]} ({redact(text)}).")


def _meaning(error: sqlite3.Error, text: str) -> Meaning | None:
    # The lowest byte is the primary code; the others refine it.
    code = getattr(error, "sqlite_errorcode", None)
    codes = () if code is None else (code, code & 0xFF)
    if by_code := next((_BY_CODE[code] for code in codes if code in _BY_CODE), None):
        return by_code
    if (table := re.match(r"no such table: (?:main\.)?(\w+)", text)) and _is_ours(table[1]):
        return _INCOMPLETE
    for pattern, by_text in _BY_TEXT:
        if re.match(pattern, text):
            return by_text
    if code is None and isinstance(error, _MISUSE):
        return None
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return _DOES_NOT_FIT
    return errors.DatabaseNotReady, "The database reported an error"


def _is_ours(table: str) -> bool:
    # Imported where it is needed: the models take longer to import than all of a health check.
    from userctl.models import TABLES  # noqa: PLC0415

    return table in {*TABLES, "userctl_version"}
