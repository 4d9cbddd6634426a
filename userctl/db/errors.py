"""Translates the errors of the database drivers into the typed errors of userctl."""

import re
import sqlite3
from types import TracebackType

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from userctl.core import errors
from userctl.db.postgresql.errors import translate_postgresql
from userctl.db.sqlite.errors import translate_sqlite

_TRANSACTION_GONE = "no such savepoint|cannot (commit|rollback) - no transaction is active"


class translate_errors:  # noqa: N801
    """Translate every driver error that the block raises, unless userctl misused the driver."""

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, _kind: object, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Raise the typed error instead of the driver's."""
        if isinstance(error, SQLAlchemyError | sqlite3.Error):
            typed_error = _translate(error)
            if typed_error is not None:
                # The driver's own message may quote a whole row, and a traceback would show it.
                raise typed_error from None


def _translate(error: SQLAlchemyError | sqlite3.Error) -> errors.UserctlError | None:
    if isinstance(error, PoolTimeout):
        return errors.DatabaseBusy(
            "All connections of the pool were in use for too long.",
            hint="Raise pool_size or max_overflow, or send fewer requests at once.",
        )
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        return translate_sqlite(cause)
    return translate_postgresql(cause) if isinstance(error, DBAPIError) else None


def _cause(error: SQLAlchemyError | sqlite3.Error) -> BaseException | None:
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error) and re.match(_TRANSACTION_GONE, str(cause)):
        # A trigger may end the transaction with RAISE(ROLLBACK). Its own error comes first, and
        # going back to a savepoint fails after it.
        earlier = error.__context__
        while earlier is not None and not isinstance(earlier, sqlite3.IntegrityError):
            earlier = earlier.__context__
        return earlier or cause
    return cause
