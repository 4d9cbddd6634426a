"""Tells why the database rejected a row."""

import sqlite3

from sqlalchemy.exc import IntegrityError

_UNIQUE_VIOLATION = "23505"
"""PostgreSQL manual, appendix A."""


_UNIQUE_CODES = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


def violates_uniqueness(error: IntegrityError) -> bool:
    """Tell whether a row was rejected because its key exists."""
    state = getattr(error.orig, "sqlstate", None)
    code = getattr(error.orig, "sqlite_errorcode", None)
    return state == _UNIQUE_VIOLATION or code in _UNIQUE_CODES
