"""Turns what a database driver raises into the typed errors of userctl."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from userctl.core import errors
from userctl.core.text import escape_invisible

_BY_SQLITE_CODE: dict[int, tuple[type[errors.UserctlError], str]] = {
    sqlite3.SQLITE_BUSY: (errors.DatabaseBusy, "The database stayed locked by another process."),
    sqlite3.SQLITE_LOCKED: (errors.DatabaseBusy, "The database stayed locked by another process."),
    sqlite3.SQLITE_CANTOPEN: (errors.DatabaseUnreachable, "The database file cannot be opened."),
    sqlite3.SQLITE_PERM: (errors.DatabaseAccessDenied, "The database file may not be opened."),
    sqlite3.SQLITE_AUTH: (errors.DatabaseAccessDenied, "The database refused this."),
    sqlite3.SQLITE_CORRUPT: (errors.DatabaseDamaged, "The database file is damaged."),
    sqlite3.SQLITE_NOTADB: (errors.DatabaseDamaged, "The file is not an SQLite database."),
    sqlite3.SQLITE_CONSTRAINT: (errors.ConstraintViolated, "The database refused the row."),
    sqlite3.SQLITE_FULL: (errors.DiskFull, "The disk is full."),
    sqlite3.SQLITE_IOERR: (errors.InputOutputFailed, "The disk failed."),
    sqlite3.SQLITE_READONLY: (errors.ReadOnly, "The database file accepts no writes."),
}

_BY_SQLSTATE: dict[str, tuple[type[errors.UserctlError], str]] = {
    "40001": (errors.TransactionConflict, "Transactions kept getting in each other's way."),
    "40P01": (errors.TransactionConflict, "Transactions kept getting in each other's way."),
    "53100": (errors.DiskFull, "The disk of the database server is full."),
    "55P03": (errors.DatabaseBusy, "The database stayed locked by another process."),
    "57014": (errors.DatabaseBusy, "The database server cancelled the statement."),
    "25006": (errors.ReadOnly, "The database server accepts no writes."),
    "42501": (errors.DatabaseAccessDenied, "The database role lacks a privilege."),
    "22001": (errors.ConstraintViolated, "A value is too long for its column."),
    "2BP01": (errors.ConstraintViolated, "Something else in the database depends on it."),
    "42809": (errors.ForeignTables, "A view, or the like, has the name of a table of ours."),
    "42P07": (errors.ForeignTables, "There is a table or a view of this name already."),
    "42P01": (errors.DatabaseNotMigrated, "A table is missing."),
    "42703": (errors.DatabaseNotMigrated, "A column is missing."),
    "XX001": (errors.DatabaseDamaged, "The database server found damaged data."),
    "XX002": (errors.DatabaseDamaged, "The database server found a damaged index."),
}

_BY_SQLSTATE_CLASS: dict[str, tuple[type[errors.UserctlError], str]] = {
    "08": (errors.DatabaseUnreachable, "The database server cannot be reached."),
    "22": (errors.DatabaseDamaged, "A value is out of range."),
    "23": (errors.ConstraintViolated, "The database refused the row."),
    "57": (errors.DatabaseUnreachable, "The database server is shutting down or starting."),
}


@contextmanager
def typed_failures() -> Iterator[None]:
    """Raise the typed error for whatever a driver raises in the block, if there is one."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        typed = _typed(error)
        if typed is None:
            raise
        # The driver's own text may hold a whole row, and a traceback would show it.
        raise typed from None


def _typed(error: SQLAlchemyError | sqlite3.Error) -> errors.UserctlError | None:
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error)
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _from_sqlite(error.orig)
    return _from_postgresql(error)


def _from_sqlite(error: sqlite3.Error) -> errors.UserctlError | None:
    # The lowest byte is the primary code, the rest says which sort of it.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    text = str(error)
    if code in _BY_SQLITE_CODE:
        kind, message = _BY_SQLITE_CODE[code]
        return kind(f"{message} ({text})")
    if text.startswith(("no such table", "no such column")):
        return errors.DatabaseNotMigrated(f"The schema is not complete ({text}).")
    if text.startswith("error in "):
        return errors.ConstraintViolated(f"Something else in the database depends on it ({text}).")
    if text.endswith("already exists") or "there is already " in text:
        return errors.ForeignTables(f"There is a table or a view of this name already ({text}).")
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
        return _connection_failure(error, detail)
    # Not the detail that follows, which quotes the refused row with its hash.
    primary = getattr(getattr(orig, "diag", None), "message_primary", None) or state
    found = _BY_SQLSTATE.get(state) or _BY_SQLSTATE_CLASS.get(state[:2])
    return found[0](f"{found[1]} ({escape_invisible(primary)})") if found else None


def _connection_failure(error: DBAPIError, detail: str) -> errors.UserctlError | None:
    if type(error.orig).__name__ not in {"OperationalError", "ConnectionTimeout"}:
        return None
    return errors.DatabaseUnreachable(
        f"No connection to the database server could be made ({escape_invisible(detail)})."
    )
