"""Triggers and functions of an application that refuse a change, or fail themselves."""

import re
import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, open_engine, sql_on
from userctl.core.errors import (
    ConstraintViolated,
    DatabaseNotReady,
    ExtensionMissing,
    UserctlError,
)
from userctl.schemas.audit import AuditQuery
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserQuery, UserUpdate

ADA = "ada@example.com"
EVE = "eve@example.com"


@pytest.fixture
def postgres_sql(postgres_engine: Engine) -> Iterator[Sql]:
    """SQL of an application, whose functions go with the test."""
    sql = sql_on(postgres_engine)
    yield sql
    sql("DROP FUNCTION IF EXISTS refuse CASCADE")


@pytest.fixture
def sqlite(sqlite_engine: Engine) -> Program:
    program = Program(sqlite_engine, FakeClock())
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    return program


@pytest.fixture
def postgresql(postgres_engine: Engine, postgres_sql: Sql) -> Program:
    program = Program(postgres_engine, FakeClock())
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    return program


def refuse_on_sqlite(program: Program, does: str, table: str = "users") -> None:
    """Add a trigger to a table that runs a statement before each change."""
    for operation in ("INSERT", "UPDATE"):
        sql_on(program.engine)(
            f"CREATE TRIGGER refuse_{operation} BEFORE {operation} ON {table} BEGIN {does}; END"
        )


def refuse_on_postgresql(program: Program, does: str, table: str = "users") -> None:
    """Add a trigger to a table that runs a statement before each change."""
    sql = sql_on(program.engine)
    sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {does}; RETURN NEW; END $$"
    )
    sql(
        f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse()"
    )


def errors_of(program: Program) -> list[UserctlError]:
    """Return what several ways to write users raise, none of which may change anything."""
    record = FileRecord(1, ("email", "name"), (EVE, "Eve"))
    ways = (
        lambda: program.users.create(UserCreate(email=EVE)),
        lambda: program.users.update("1", UserUpdate(name="Ada")),
        lambda: program.user_import.load([record], on_conflict="update"),
        lambda: program.user_passwords.set_password("1", "another horse 88"),
    )
    caught = []
    events = len(program.audit.page(AuditQuery()).items)
    for way in ways:
        with pytest.raises(UserctlError) as error:
            way()
        caught.append(error.value)
    assert [user.name for user in program.user_list.page(UserQuery()).items] == [None]
    assert len(program.audit.page(AuditQuery()).items) == events
    return caught


def kinds_of(caught: list[UserctlError]) -> set[type[UserctlError]]:
    """Return the types of some errors."""
    return {type(error) for error in caught}


@pytest.mark.parametrize("action", ["ABORT", "FAIL", "ROLLBACK"])
def test_what_a_trigger_of_sqlite_raises_is_a_conflict_with_its_words(
    sqlite: Program, action: str
) -> None:
    refuse_on_sqlite(sqlite, f"SELECT RAISE({action}, 'no gmail')")
    caught = errors_of(sqlite)
    assert kinds_of(caught) == {ConstraintViolated}
    assert {str(error) for error in caught} == {
        "A trigger in the database refused the change (no gmail)."
    }


@pytest.mark.parametrize(
    "does",
    [
        "RAISE EXCEPTION 'no gmail'",
        "RAISE EXCEPTION 'no gmail' USING ERRCODE = 'U0001'",
        "RAISE EXCEPTION 'no gmail' USING ERRCODE = '45000', DETAIL = NEW",
        "RAISE EXCEPTION 'no gmail' USING ERRCODE = 'syntax_error'",
        "RAISE EXCEPTION 'no gmail' USING ERRCODE = '02000'",
        "ASSERT false, 'no gmail'",
    ],
)
def test_what_a_trigger_of_postgresql_raises_is_a_conflict_with_its_words(
    postgresql: Program, does: str
) -> None:
    refuse_on_postgresql(postgresql, does)
    caught = errors_of(postgresql)
    assert kinds_of(caught) == {ConstraintViolated}
    assert {str(error) for error in caught} == {
        "A trigger or a function in the database refused the change (no gmail, in refuse)."
    }


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("INSERT INTO nowhere VALUES (1)", "nowhere"),
        ("PERFORM nowhere(1)", "nowhere"),
        ("PERFORM 1 / 0", "division by zero"),
        ("PERFORM CAST('x' AS integer)", "invalid input syntax"),
        ("NEW.nowhere := 1", "nowhere"),
        ("EXECUTE 'nonsense'", "syntax error"),
        ("PERFORM generate_series(1, 2), (SELECT 1 UNION SELECT 2)", "more than one row"),
    ],
)
def test_a_trigger_of_postgresql_that_fails_is_not_a_lack_of_ours(
    postgresql: Program, does: str, words: str
) -> None:
    refuse_on_postgresql(postgresql, does)
    caught = errors_of(postgresql)
    assert kinds_of(caught) == {ConstraintViolated}
    assert all(words in str(error) for error in caught)


@pytest.mark.parametrize(
    ("does", "kind", "words"),
    [
        ("INSERT INTO nowhere VALUES (1)", ConstraintViolated, "main.nowhere"),
        ("SELECT NEW.nowhere", ConstraintViolated, "NEW.nowhere"),
        ("SELECT nowhere(1)", ExtensionMissing, "nowhere"),
        ("SELECT 1 WHERE 'a' = 'b' COLLATE nowhere", ExtensionMissing, "nowhere"),
        ("SELECT json('{')", DatabaseNotReady, "malformed JSON"),
        ("SELECT abs(-9223372036854775807 - 1)", DatabaseNotReady, "integer overflow"),
        ("SELECT count(*) FROM fts_nowhere('x')", ConstraintViolated, "fts_nowhere"),
    ],
)
def test_a_trigger_of_sqlite_that_fails_is_not_a_lack_of_ours(
    sqlite: Program, does: str, kind: type[UserctlError], words: str
) -> None:
    refuse_on_sqlite(sqlite, does)
    caught = errors_of(sqlite)
    assert kinds_of(caught) == {kind}
    assert all(words in str(error) for error in caught)


@pytest.mark.parametrize(
    "index",
    ["users (name COLLATE spoken)", "users (spoken(name))", "users (id) WHERE spoken(name)"],
)
def test_an_index_that_needs_an_extension_names_it(
    sqlite_url: str, sqlite: Program, index: str
) -> None:
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    connection.create_collation("spoken", lambda a, b: (a > b) - (a < b))
    connection.create_function("spoken", 1, lambda text: text, deterministic=True)
    connection.execute(f"CREATE INDEX of_application ON {index}")
    connection.close()
    with (
        open_engine(sqlite_url) as engine,
        pytest.raises(ExtensionMissing, match="spoken"),
    ):
        Program(engine, FakeClock()).users.create(UserCreate(email=EVE))


def test_a_trigger_that_waits_for_the_commit_is_heard(postgresql: Program) -> None:
    refuse_on_postgresql(postgresql, "RAISE EXCEPTION 'no gmail'", table="login_throttles")
    sql = sql_on(postgresql.engine)
    sql(
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON users DEFERRABLE "
        "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    assert kinds_of(errors_of(postgresql)) == {ConstraintViolated}


@pytest.mark.parametrize(
    "quoted", ["NEW", "row_to_json(NEW)", "NEW.hashed_password", "E'\\x1b[31m' || NEW.id"]
)
def test_a_trigger_that_quotes_the_row_shows_no_hash_and_no_control_character(
    postgresql: Program, quoted: str
) -> None:
    refuse_on_postgresql(postgresql, f"RAISE EXCEPTION 'bad: %', {quoted}")
    for error in errors_of(postgresql):
        assert "bad: " in str(error)
        assert not re.search(r"\$2b\$|@example|\x1b|\n", str(error))


def test_a_trigger_of_sqlite_that_quotes_a_hash_does_not_show_it(sqlite: Program) -> None:
    if sqlite3.sqlite_version_info < (3, 47):
        # RAISE takes a constant only.
        refuse_on_sqlite(sqlite, f"SELECT RAISE(ABORT, 'bad: $2b$12${'a' * 53}')")
    else:
        refuse_on_sqlite(sqlite, "SELECT RAISE(ABORT, 'bad: ' || NEW.hashed_password)")
    for error in errors_of(sqlite):
        assert "bad: " in str(error)
        assert "$2b$" not in str(error)


@pytest.mark.parametrize("table", ["refresh_tokens", "audit_events", "login_throttles"])
def test_a_login_that_a_trigger_refuses_is_a_conflict(
    program: Program, sql: Sql, table: str
) -> None:
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    try:
        if program.engine.dialect.name == "sqlite":
            refuse_on_sqlite(program, "SELECT RAISE(ROLLBACK, 'not today')", table)
        else:
            refuse_on_postgresql(program, "RAISE EXCEPTION 'not today'", table)
        with pytest.raises(ConstraintViolated, match="not today"):
            program.log_in(ADA)
    finally:
        if program.engine.dialect.name == "postgresql":
            sql("DROP FUNCTION refuse CASCADE")
    assert sql("SELECT count(*) FROM refresh_tokens") == [(0,)]
