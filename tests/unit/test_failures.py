"""What drivers raise, in the terms of userctl."""

import sqlite3

import pytest
from sqlalchemy.exc import InvalidRequestError, OperationalError

from userctl import errors
from userctl.db.engine import _postgresql_options
from userctl.db.failures import typed_failures


class ServerError(Exception):
    """What psycopg raises for an error that a server reports."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("first line\nsecond \x1b line")
        self.sqlstate = sqlstate


def sqlite_error(code: int, text: str = "text") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def wrapped(cause: Exception) -> OperationalError:
    return OperationalError("SELECT", {}, cause)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), errors.DatabaseBusy),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), errors.DatabaseBusy),
        (sqlite_error(sqlite3.SQLITE_LOCKED), errors.DatabaseBusy),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), errors.DatabaseUnreachable),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), errors.DatabaseDamaged),
        (sqlite_error(sqlite3.SQLITE_NOTADB), errors.DatabaseDamaged),
        (sqlite_error(sqlite3.SQLITE_FULL), errors.DiskFull),
        (sqlite_error(sqlite3.SQLITE_IOERR_READ), errors.InputOutputFailed),
        (sqlite_error(sqlite3.SQLITE_READONLY), errors.ReadOnly),
        (sqlite_error(sqlite3.SQLITE_ERROR, "no such table: users"), errors.DatabaseNotMigrated),
        (ServerError("40001"), errors.TransactionConflict),
        (ServerError("40P01"), errors.TransactionConflict),
        (ServerError("53100"), errors.DiskFull),
        (ServerError("57014"), errors.DatabaseBusy),
        (ServerError("57P01"), errors.DatabaseUnreachable),
        (ServerError("08006"), errors.DatabaseUnreachable),
        (ServerError("25006"), errors.ReadOnly),
        (ServerError("42501"), errors.DatabaseAccessDenied),
        (ServerError("42P01"), errors.DatabaseNotMigrated),
        (ServerError("XX001"), errors.DatabaseDamaged),
        (ServerError("23514"), errors.ConstraintViolated),
    ],
)
def test_a_driver_error_has_a_typed_one(cause: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, typed_failures():
        raise wrapped(cause)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(sqlite_error(sqlite3.SQLITE_ERROR, "syntax error")),
        wrapped(ServerError("42601")),
        wrapped(ValueError("x")),
        InvalidRequestError("x"),
        ValueError("x"),
    ],
)
def test_an_error_that_nobody_foresaw_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, typed_failures():
        raise error
    assert caught.value is error


def test_postgresql_is_asked_for_what_the_url_leaves_open() -> None:
    assert _postgresql_options({"host": "a"}) == {
        "prepare_threshold": None,
        "application_name": "userctl",
        "connect_timeout": 10,
        "client_encoding": "utf8",
    }
    assert "connect_timeout" not in _postgresql_options({"connect_timeout": "3"})


def test_of_several_hosts_the_primary_is_asked_for() -> None:
    assert _postgresql_options({"host": "a,b"})["target_session_attrs"] == "read-write"
    chosen = {"host": "a,b", "target_session_attrs": "any"}
    assert "target_session_attrs" not in _postgresql_options(chosen)
