"""What drivers raise, in the terms of userctl."""

import sqlite3
import traceback
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import DatabaseError, InvalidRequestError, OperationalError

from userctl.core import errors
from userctl.db.engine import _postgresql_options
from userctl.db.errors import typed_failures


class ServerError(Exception):
    """What psycopg raises for an error that a server reports."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("what is wrong \x1b\nDETAIL:  the row with its $2b$ hash")
        self.sqlstate = sqlstate
        self.diag = SimpleNamespace(message_primary="what is wrong \x1b")


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
def test_an_unforeseen_error_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, typed_failures():
        raise error
    assert caught.value is error


def test_postgresql_is_asked_for_what_the_url_leaves_open() -> None:
    assert _postgresql_options({"host": "a"}) == {
        "prepare_threshold": None,
        "application_name": "userctl",
        "connect_timeout": 10,
        "client_encoding": "utf8",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    assert "connect_timeout" not in _postgresql_options({"connect_timeout": "3"})


@pytest.mark.parametrize("name", ["host", "hostaddr"])
def test_of_several_hosts_the_primary_is_asked_for(name: str) -> None:
    several = {name: "10.0.0.1,10.0.0.2"}
    assert _postgresql_options(several)["target_session_attrs"] == "read-write"
    chosen = several | {"target_session_attrs": "any"}
    assert "target_session_attrs" not in _postgresql_options(chosen)


def connection_failure(name: str) -> OperationalError:
    """Return what SQLAlchemy raises where psycopg raised an error of this name."""
    cause: Exception = type(name, (Exception,), {"sqlstate": None})("no route\n  to \x1b host\n")
    return OperationalError("SELECT", {}, cause)


def raised(error: Exception) -> Exception:
    """Return the typed error that takes the place of an error."""
    with pytest.raises(Exception) as caught, typed_failures():  # noqa: PT011
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_PERM, errors.DatabaseAccessDenied),
        (sqlite3.SQLITE_AUTH, errors.DatabaseAccessDenied),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, errors.ConstraintViolated),
        (sqlite3.SQLITE_BUSY_RECOVERY, errors.DatabaseBusy),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, errors.DatabaseBusy),
        (sqlite3.SQLITE_READONLY_DIRECTORY, errors.ReadOnly),
        (sqlite3.SQLITE_CORRUPT_INDEX, errors.DatabaseDamaged),
    ],
)
def test_an_sqlite_code_has_a_typed_error_wrapped_or_not(code: int, kind: type[Exception]) -> None:
    cause = sqlite_error(code, "the details")
    for error in (cause, wrapped(cause), DatabaseError("SELECT", {}, cause)):
        typed = raised(error)
        assert type(typed) is kind
        assert "the details" in str(typed)
        assert typed.__cause__ is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("no such column: users.role", errors.DatabaseNotMigrated),
        ("Could not decode to UTF-8 column 'name'", errors.DatabaseDamaged),
    ],
)
def test_an_sqlite_error_without_a_code_is_known_by_its_text(
    text: str, kind: type[Exception]
) -> None:
    assert type(raised(sqlite3.OperationalError(text))) is kind


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("55P03", errors.DatabaseBusy),
        ("42703", errors.DatabaseNotMigrated),
        ("XX002", errors.DatabaseDamaged),
        ("08P01", errors.DatabaseUnreachable),
        ("57P03", errors.DatabaseUnreachable),
        ("23505", errors.ConstraintViolated),
    ],
)
def test_an_sqlstate_has_a_typed_error(state: str, kind: type[Exception]) -> None:
    typed = raised(wrapped(ServerError(state)))
    assert type(typed) is kind
    assert "what is wrong \\x1b" in str(typed)
    assert "$2b$" not in "".join(traceback.format_exception(typed))


@pytest.mark.parametrize("name", ["OperationalError", "ConnectionTimeout"])
def test_a_connection_that_fails_is_an_unreachable_server(name: str) -> None:
    typed = raised(connection_failure(name))
    assert type(typed) is errors.DatabaseUnreachable
    assert "no route; to \\x1b host" in str(typed)


def test_a_value_that_the_driver_cannot_read_is_damage() -> None:
    typed = raised(connection_failure("DataError"))
    assert type(typed) is errors.DatabaseDamaged
    assert "no route; to \\x1b host" in str(typed)


def test_another_error_without_an_sqlstate_stays_what_it_is() -> None:
    error = connection_failure("InternalError")
    assert raised(error) is error


def test_a_block_without_errors_is_left_alone() -> None:
    with typed_failures():
        pass


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (
            ServerError("40001"),
            r"The transaction kept conflicting with others (what is wrong \x1b).",
        ),
        (
            sqlite_error(sqlite3.SQLITE_BUSY),
            "The database stayed locked by another process (text).",
        ),
    ],
)
def test_a_message_is_one_sentence_that_quotes_the_driver(cause: Exception, message: str) -> None:
    assert str(raised(wrapped(cause))) == message
