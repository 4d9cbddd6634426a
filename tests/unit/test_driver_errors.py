"""What drivers raise besides the common cases, and errors that come unwrapped."""

import sqlite3

import pytest
from sqlalchemy.exc import DatabaseError, OperationalError

from tests.unit.test_failures import ServerError, sqlite_error, wrapped
from userctl import errors
from userctl.db.failures import typed_failures


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
        assert typed.__cause__ is error


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
    assert "first line; second \\x1b line" in str(typed)


@pytest.mark.parametrize("name", ["OperationalError", "ConnectionTimeout"])
def test_a_connection_that_fails_is_an_unreachable_server(name: str) -> None:
    typed = raised(connection_failure(name))
    assert type(typed) is errors.DatabaseUnreachable
    assert "no route; to \\x1b host" in str(typed)


def test_another_error_without_an_sqlstate_stays_what_it_is() -> None:
    error = connection_failure("DataError")
    assert raised(error) is error


def test_a_block_without_errors_is_left_alone() -> None:
    with typed_failures():
        pass
