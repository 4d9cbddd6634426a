"""What drivers raise, in the terms of userctl."""

import sqlite3
import traceback
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy.exc import DatabaseError, InvalidRequestError, OperationalError

from userctl.core import errors
from userctl.db.errors import translate_errors
from userctl.db.postgresql.session import connection_options


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
        (sqlite_error(sqlite3.SQLITE_CORRUPT), errors.FileDamaged),
        (sqlite_error(sqlite3.SQLITE_NOTADB), errors.FileDamaged),
        (sqlite_error(sqlite3.SQLITE_FULL), errors.DiskFull),
        (sqlite_error(sqlite3.SQLITE_IOERR_SHMSIZE), errors.DiskFull),
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
    with pytest.raises(kind) as caught, translate_errors():
        raise wrapped(cause)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(ValueError("x")),
        InvalidRequestError("x"),
        ValueError("x"),
    ],
)
def test_an_unforeseen_error_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translate_errors():
        raise error
    assert caught.value is error


def test_postgresql_is_asked_for_what_the_url_leaves_open() -> None:
    assert connection_options({"host": "a"}) == {
        "prepare_threshold": None,
        "autocommit": True,
        "application_name": "userctl",
        "connect_timeout": 10,
        "client_encoding": "utf8",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    assert "connect_timeout" not in connection_options({"connect_timeout": "3"})


@pytest.mark.parametrize("name", ["host", "hostaddr"])
def test_of_several_hosts_the_primary_is_asked_for(name: str) -> None:
    several = {name: "10.0.0.1,10.0.0.2"}
    assert connection_options(several)["target_session_attrs"] == "read-write"
    chosen = several | {"target_session_attrs": "any"}
    assert "target_session_attrs" not in connection_options(chosen)


def connection_failure(name: str) -> OperationalError:
    """Return what SQLAlchemy raises where psycopg raised an error of this name."""
    cause: Exception = type(name, (Exception,), {"sqlstate": None})("no route\n  to \x1b host\n")
    return OperationalError("SELECT", {}, cause)


def raised(error: Exception) -> Exception:
    """Return the typed error that takes the place of an error."""
    with pytest.raises(Exception) as caught, translate_errors():  # noqa: PT011
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
        (sqlite3.SQLITE_CORRUPT_INDEX, errors.FileDamaged),
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


@pytest.mark.parametrize("code", range(1, 29))
def test_no_code_of_sqlite_is_a_bug(code: int) -> None:
    for kind in (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        cause = kind("what is wrong")
        cause.sqlite_errorcode = code
        for error in (cause, wrapped(cause)):
            typed = raised(error)
            assert isinstance(typed, errors.UserctlError)
            assert "what is wrong" in str(typed)


def test_no_sqlstate_of_postgresql_is_a_bug() -> None:
    kinds = [vars(kind) for kind in vars(psycopg.errors).values() if isinstance(kind, type)]
    states = {kind["sqlstate"] for kind in kinds if isinstance(kind.get("sqlstate"), str)}
    assert len(states) > 200
    for state in sorted(states - {"22P05"}):
        typed = raised(wrapped(ServerError(state)))
        assert isinstance(typed, errors.UserctlError), state
        assert "what is wrong" in str(typed)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (psycopg.IntegrityError, errors.ConstraintViolated),
        (psycopg.DataError, errors.ConstraintViolated),
        (psycopg.DatabaseError, errors.ConstraintViolated),
        (psycopg.OperationalError, errors.DatabaseNotReady),
        (psycopg.InternalError, errors.DatabaseNotReady),
        (psycopg.NotSupportedError, errors.DatabaseNotReady),
        (psycopg.ProgrammingError, errors.DatabaseNotReady),
    ],
)
def test_the_class_of_the_driver_decides_where_no_code_is_listed(
    kind: type[psycopg.Error], expected: type[Exception]
) -> None:
    cause = type("Unlisted", (kind,), {"sqlstate": "ZZ999"})("what is wrong")
    assert type(raised(wrapped(cause))) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (sqlite3.IntegrityError, errors.ConstraintViolated),
        (sqlite3.DataError, errors.ConstraintViolated),
        (sqlite3.OperationalError, errors.DatabaseNotReady),
        (sqlite3.DatabaseError, errors.DatabaseNotReady),
    ],
)
def test_the_class_of_an_sqlite_error_without_a_code_decides(
    kind: type[sqlite3.Error], expected: type[Exception]
) -> None:
    assert type(raised(kind("what is wrong"))) is expected


@pytest.mark.parametrize("kind", [sqlite3.ProgrammingError, sqlite3.InterfaceError])
def test_a_misused_driver_of_sqlite_stays_a_bug(kind: type[sqlite3.Error]) -> None:
    error = kind("Cannot operate on a closed database.")
    assert raised(error) is error


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("no such table: main.users", errors.DatabaseNotMigrated),
        ("no such table: users_log", errors.ConstraintViolated),
        ("no such column: NEW.city", errors.ConstraintViolated),
        ("no such function: spoken", errors.ExtensionMissing),
        ("unknown function: spoken()", errors.ExtensionMissing),
        ("no such module: fts9", errors.ExtensionMissing),
        ("no such collation sequence: spoken", errors.ExtensionMissing),
        ("not authorized to use function: load_extension", errors.ExtensionMissing),
    ],
)
def test_what_sqlite_lacks_is_told_apart_from_what_the_schema_lacks(
    text: str, kind: type[Exception]
) -> None:
    assert type(raised(wrapped(sqlite_error(sqlite3.SQLITE_ERROR, text)))) is kind


@pytest.mark.parametrize(
    ("said", "character", "encoding"),
    [
        (
            'character with byte sequence 0xe5 0xbc 0xa0 in encoding "UTF8" has no equivalent in '
            'encoding "LATIN1"',
            "'张'",
            "LATIN1",
        ),
        ("для символа 0xd0 0x96 из кодировки «UTF8» нет эквивалента в «WIN1252»", "'Ж'", "WIN1252"),
    ],
)
def test_a_character_that_the_encoding_lacks_is_named(
    said: str, character: str, encoding: str
) -> None:
    cause = ServerError("22P05")
    cause.diag.message_primary = said
    typed = raised(wrapped(cause))
    assert type(typed) is errors.InvalidInput
    assert str(typed) == (
        f"The database cannot store {character}, because its encoding is {encoding}."
    )
    assert "UTF8" in str(typed.hint)


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("PL/pgSQL function refuse() line 3 at RAISE", ", in refuse)"),
        ("функция PL/pgSQL app.refuse(), строка 3, оператор RAISE", ", in app.refuse)"),
        ('SQL statement "DELETE FROM x"\nPL/pgSQL function a.refuse() line 3', ", in a.refuse)"),
        ("PL/pgSQL function inline_code_block line 1 at RAISE", "\\x1b)"),
    ],
)
def test_the_function_that_failed_is_named(context: str, words: str) -> None:
    cause = ServerError("42P01")
    cause.diag.context = context
    typed = raised(wrapped(cause))
    assert type(typed) is errors.ConstraintViolated
    assert words in str(typed)


@pytest.mark.parametrize("context", ["COPY users, line 1", "unnamed portal parameter $3 = 'a'"])
def test_another_context_is_no_function(context: str) -> None:
    cause = ServerError("42P01")
    cause.diag.context = context
    assert type(raised(wrapped(cause))) is errors.DatabaseNotMigrated


def test_a_block_without_errors_is_left_alone() -> None:
    with translate_errors():
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
