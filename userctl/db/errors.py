"""Translates the errors of the database drivers into the typed errors of userctl."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from userctl.core import errors
from userctl.core.text import escape_invisible

_BY_SQLITE_CODE: dict[int, tuple[type[errors.UserctlError], str]] = {
    sqlite3.SQLITE_BUSY: (errors.DatabaseBusy, "The database stayed locked by another process"),
    sqlite3.SQLITE_LOCKED: (errors.DatabaseBusy, "The database stayed locked by another process"),
    sqlite3.SQLITE_CANTOPEN: (errors.DatabaseUnreachable, "The database file cannot be opened"),
    sqlite3.SQLITE_PERM: (errors.DatabaseAccessDenied, "The database file cannot be accessed"),
    sqlite3.SQLITE_AUTH: (errors.DatabaseAccessDenied, "The database denied access"),
    sqlite3.SQLITE_CORRUPT: (errors.DatabaseDamaged, "The database file is damaged"),
    sqlite3.SQLITE_NOTADB: (errors.DatabaseDamaged, "The file is not an SQLite database"),
    sqlite3.SQLITE_CONSTRAINT: (errors.ConstraintViolated, "The database rejected the row"),
    sqlite3.SQLITE_FULL: (errors.DiskFull, "The disk is full"),
    sqlite3.SQLITE_IOERR: (errors.InputOutputFailed, "The disk reported an error"),
    sqlite3.SQLITE_READONLY: (errors.ReadOnly, "The database file is read-only"),
}

_BY_SQLSTATE: dict[str, tuple[type[errors.UserctlError], str]] = {
    "40001": (errors.TransactionConflict, "The transaction kept conflicting with others"),
    "40P01": (errors.TransactionConflict, "The transaction kept conflicting with others"),
    "53100": (errors.DiskFull, "The disk of the database server is full"),
    "55P03": (errors.DatabaseBusy, "The database stayed locked by another process"),
    "57014": (errors.DatabaseBusy, "The database server canceled the statement"),
    "25006": (errors.ReadOnly, "The database server is read-only"),
    "42501": (errors.DatabaseAccessDenied, "The database role lacks a privilege"),
    "22001": (errors.ConstraintViolated, "A value is too long for its column"),
    "2BP01": (errors.ConstraintViolated, "Another object in the database depends on it"),
    "42809": (errors.ForeignTables, "A view or another object has the name of a userctl table"),
    "42P07": (errors.ForeignTables, "A table or a view with this name already exists"),
    "42P01": (errors.DatabaseNotMigrated, "A table is missing"),
    "42703": (errors.DatabaseNotMigrated, "A column is missing"),
    "XX001": (errors.DatabaseDamaged, "The database server found damaged data"),
    "XX002": (errors.DatabaseDamaged, "The database server found a damaged index"),
}

_BY_SQLSTATE_CLASS: dict[str, tuple[type[errors.UserctlError], str]] = {
    "08": (errors.DatabaseUnreachable, "The database server cannot be reached"),
    "22": (errors.DatabaseDamaged, "A value is out of range"),
    "23": (errors.ConstraintViolated, "The database rejected the row"),
    "57": (errors.DatabaseUnreachable, "The database server is shutting down or starting"),
}


@contextmanager
def typed_failures() -> Iterator[None]:
    """Translate every driver error that the block raises, if a typed error is known for it."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        typed = _translate(error)
        if typed is None:
            raise
        # The driver's own message may quote a whole row, and a traceback would show it.
        raise typed from None


def _translate(error: SQLAlchemyError | sqlite3.Error) -> errors.UserctlError | None:
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error)
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _from_sqlite(error.orig)
    return _from_postgresql(error)


def _from_sqlite(error: sqlite3.Error) -> errors.UserctlError | None:
    # The lowest byte is the primary code; the others refine it.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    text = str(error)
    if code in _BY_SQLITE_CODE:
        kind, message = _BY_SQLITE_CODE[code]
        return kind(f"{message} ({text}).")
    if text.startswith(("no such table", "no such column")):
        return errors.DatabaseNotMigrated(f"The schema is incomplete ({text}).")
    if text.startswith("error in "):
        return errors.ConstraintViolated(f"Another object in the database depends on it ({text}).")
    if text.endswith("already exists") or "there is already " in text:
        return errors.ForeignTables(f"A table or a view with this name already exists ({text}).")
    if text == "integer overflow":
        return errors.DatabaseDamaged("A stored number is out of range.")
    if text.startswith("Could not decode to UTF-8"):
        return errors.DatabaseDamaged("A stored text is not UTF-8.")
    return None


def _from_postgresql(error: DBAPIError) -> errors.UserctlError | None:
    orig = error.orig
    state = getattr(orig, "sqlstate", None)
    detail = "; ".join(line.strip() for line in str(orig).splitlines() if line.strip())
    if state is None and type(orig).__name__ == "DataError":
        return errors.DatabaseDamaged(
            f"A stored value cannot be read ({escape_invisible(detail)})."
        )
    if state is None:
        return _translate_connection_error(error, detail)
    # The detail after the primary message quotes the rejected row with its hash.
    primary = getattr(getattr(orig, "diag", None), "message_primary", None) or state
    found = _BY_SQLSTATE.get(state) or _BY_SQLSTATE_CLASS.get(state[:2])
    return found[0](f"{found[1]} ({escape_invisible(primary)}).") if found else None


def _translate_connection_error(error: DBAPIError, detail: str) -> errors.UserctlError | None:
    if type(error.orig).__name__ not in {"OperationalError", "ConnectionTimeout"}:
        return None
    return errors.DatabaseUnreachable(
        f"Cannot connect to the database server ({escape_invisible(detail)})."
    )
