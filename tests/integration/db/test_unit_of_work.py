"""Transactions on both databases: what lasts, who waits, and what a damaged database says."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from tests.integration.conftest import (
    NOW,
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    database_on,
    open_engine,
    sql_on,
    with_options,
)
from userctl.config.database_url import DatabaseURL
from userctl.core.errors import (
    AccountDisabled,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseMissing,
    DatabaseNotMigrated,
    DatabaseUnreachable,
    ReadOnly,
    UserctlError,
)
from userctl.db import engine as engine_module
from userctl.db.engine import BUSY_TIMEOUT_SECONDS
from userctl.db.execution_options import READ_ONLY
from userctl.db.schema.migrations import upgrade
from userctl.db.transaction.unit_of_work import Database
from userctl.models import RefreshToken, User
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.users import UserCreate, UserCreated, UserQuery
from userctl.services.shared.token_records import refresh_token_state


def new_user(**values: Any) -> User:
    """A row that is not stored yet."""
    fields = {"email": "ada@example.com", "hashed_password": "x", "created_at": NOW}
    return User(**fields | {"updated_at": NOW} | values)


def test_what_is_committed_lasts(database: Database, sql: Sql) -> None:
    with database.writing() as uow:
        uow.users.add(new_user())
        uow.commit()
    assert sql("SELECT email FROM users") == [("ada@example.com",)]


def test_what_is_not_committed_is_rolled_back(database: Database, sql: Sql) -> None:
    with database.writing() as uow:
        uow.users.add(new_user())
    assert sql("SELECT email FROM users") == []


def add_and_fail(database: Database, *, commit: bool) -> None:
    """Insert a row and raise an error afterwards."""
    with database.writing() as uow:
        uow.users.add(new_user())
        if commit:
            uow.commit()
        raise AccountDisabled("for example")


@pytest.mark.parametrize("commit", [False, True])
def test_before_an_error_only_what_was_committed_lasts(
    database: Database, sql: Sql, commit: bool
) -> None:
    with pytest.raises(AccountDisabled):
        add_and_fail(database, commit=commit)
    assert len(sql("SELECT email FROM users")) == commit


def test_a_naive_time_is_refused(database: Database, sql: Sql) -> None:
    with pytest.raises(ValueError, match="naive datetime"), database.writing() as uow:
        uow.users.add(new_user(created_at=datetime(2030, 1, 1)))  # noqa: DTZ001
    assert sql("SELECT email FROM users") == []


def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    with database.writing() as uow:
        uow.users.add(
            new_user(created_at=datetime.fromisoformat("2030-01-01T05:30:00.000001+05:30"))
        )
        uow.commit()
    with database.reading() as uow:
        user = uow.users.by_email("ada@example.com")
    assert user is not None
    assert user.created_at.isoformat() == "2030-01-01T00:00:00.000001+00:00"


def test_a_reading_unit_of_work_cannot_write_on_postgresql(postgres_engine: Engine) -> None:
    with pytest.raises(ReadOnly), database_on(postgres_engine).reading() as uow:
        uow.users.add(new_user())


def test_a_writing_unit_of_work_can_write_after_a_reading_one(database: Database) -> None:
    with database.reading() as uow:
        assert uow.users.by_email("ada@example.com") is None
    with database.writing() as uow:
        uow.users.add(new_user())
        uow.commit()


def test_a_conflict_that_is_not_about_the_address_does_not_pass_for_one_that_is(
    bare_engine: Engine,
) -> None:
    upgrade(bare_engine)
    sql_on(bare_engine)("ALTER TABLE users ADD COLUMN plan VARCHAR(9) CHECK (plan IS NOT NULL)")
    with pytest.raises((UserctlError, SQLAlchemyError)) as caught:
        Program(bare_engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))
    assert getattr(caught.value, "code", "") != "user_exists"


@pytest.fixture
def sqlite_path(sqlite_url: str) -> Path:
    """The file of a migrated SQLite database."""
    path = DatabaseURL.parse(sqlite_url).sqlite_path
    assert path is not None
    return path


@pytest.fixture
def holding(sqlite_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of another program that holds the write lock."""
    connection = sqlite3.connect(sqlite_path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_connections_to_sqlite_enforce_foreign_keys_and_wait_for_others(
    sqlite_engine: Engine,
) -> None:
    assert pragma(sqlite_engine, "foreign_keys") == 1
    assert pragma(sqlite_engine, "journal_mode") == "wal"
    with database_on(sqlite_engine).writing() as uow:
        uow.begin()
    reading = sqlite_engine.execution_options(**{READ_ONLY: True})
    assert pragma(reading, "busy_timeout") == BUSY_TIMEOUT_SECONDS * 1000 >= 10_000


def pragma(engine: Engine, name: str) -> Any:
    """Return a setting of a connection within a transaction."""
    with engine.connect() as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


def test_a_commit_waits_for_readers_where_an_application_does_without_a_write_ahead_log(
    sqlite_url: str, sqlite_path: Path
) -> None:
    with closing(sqlite3.connect(sqlite_path)) as application:
        assert application.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    with open_engine(sqlite_url) as engine:
        assert pragma(engine, "busy_timeout") == BUSY_TIMEOUT_SECONDS * 1000


def test_a_token_without_an_account_cannot_be_stored(sql: Sql) -> None:
    with pytest.raises(SQLAlchemyError, match=r"(?i)foreign key"):
        sql(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES ('x', 77, '2030-01-01 00:00:00')"
        )


def test_a_writer_on_sqlite_takes_the_lock_when_it_begins(
    sqlite_engine: Engine, sqlite_path: Path
) -> None:
    other = sqlite3.connect(sqlite_path, timeout=0, isolation_level=None)
    with database_on(sqlite_engine).writing() as uow:
        assert uow.users.by_email("ada@example.com") is None
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_writer_on_sqlite_waits_for_another_and_then_sees_what_that_wrote(
    sqlite_url: str, holding: sqlite3.Connection
) -> None:
    begins = Event()

    def wait_and_count() -> int:
        with open_engine(sqlite_url) as engine:
            event.listen(engine, "checkout", lambda *_: begins.set())
            with database_on(engine).writing() as uow:
                return len(uow.user_pages.page(UserQuery(), None))

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_and_count)
        assert begins.wait(timeout=30)
        holding.execute("INSERT INTO users (email, hashed_password) VALUES ('a@b.example', 'x')")
        holding.execute("COMMIT")
        assert waiting.result(timeout=30) == 1


def test_a_reader_on_sqlite_does_not_wait_for_a_writer(
    sqlite_engine: Engine, holding: sqlite3.Connection
) -> None:
    with database_on(sqlite_engine).reading() as uow:
        assert uow.user_pages.page(UserQuery(), None) == []


def test_a_writer_that_waited_too_long_says_that_the_database_is_busy(
    sqlite_url: str, holding: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_SECONDS", 0)
    with open_engine(sqlite_url) as engine, pytest.raises(DatabaseBusy):
        Program(engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))


def look_up_missing_user(engine: Engine) -> None:
    """Run a query on a database."""
    with database_on(engine).reading() as uow:
        uow.users.by_email("ada@example.com")


def test_a_missing_sqlite_file_is_missed_and_not_created(tmp_path: Path) -> None:
    path = tmp_path / "missing.db"
    with open_engine(f"sqlite:///{path}") as engine, pytest.raises(DatabaseMissing):
        look_up_missing_user(engine)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with open_engine(f"sqlite:///{tmp_path}") as engine, pytest.raises(DatabaseUnreachable):
        look_up_missing_user(engine)


@pytest.mark.parametrize("name", ["a b&.db", "a#b%41.db", "ü.db"])
def test_a_file_may_have_any_name(sqlite_path: Path, name: str) -> None:
    path = sqlite_path.rename(sqlite_path.with_name(name))
    with open_engine(f"sqlite:///{path}") as engine:
        look_up_missing_user(engine)


def truncate(path: Path) -> None:
    """Cut a file in the middle of a page."""
    with path.open("r+b") as file:
        file.truncate(5000)


def overwrite(path: Path) -> None:
    """Overwrite everything after the header page."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def replace_by_text(path: Path) -> None:
    """Put another kind of file in the place of the database."""
    path.write_text("This is a diary.\n" * 500)


@pytest.mark.parametrize("damage", [truncate, overwrite, replace_by_text])
def test_a_file_that_is_damaged_says_so(
    sqlite_path: Path, sqlite_url: str, damage: Callable[[Path], None]
) -> None:
    damage(sqlite_path)
    with open_engine(sqlite_url) as engine, pytest.raises(DatabaseDamaged):
        look_up_missing_user(engine)


def test_an_empty_file_is_not_migrated(sqlite_path: Path, sqlite_url: str) -> None:
    sqlite_path.write_bytes(b"")
    with open_engine(sqlite_url) as engine, pytest.raises(DatabaseNotMigrated):
        look_up_missing_user(engine)


def test_a_database_that_accepts_no_writes_says_so(sqlite_engine: Engine) -> None:
    # Root may write any file, so the file itself cannot be made read-only here.
    @event.listens_for(sqlite_engine, "connect")
    def accept_no_writes(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    with pytest.raises(ReadOnly):
        Program(sqlite_engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))


def register_loaders(program: Program) -> None:
    """Use what a damaged row may break."""
    program.user_list.page(UserQuery())
    program.users.show("1")
    program.token_list.page(TokenQuery())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET created_at = 'yesterday'",
        "UPDATE users SET updated_at = 12",
        "UPDATE users SET disabled_at = X'00FF'",
        "UPDATE users SET created_at = ''",
        "UPDATE users SET name = X'FF00'",
        "UPDATE users SET role = X'FF00'",
        "UPDATE users SET email = X'FF00'",
        "UPDATE users SET hashed_password = X'FF00'",
        "UPDATE users SET name = CAST(X'FF00' AS TEXT)",
        "UPDATE refresh_tokens SET expires_at = 'never'",
        "UPDATE refresh_tokens SET used_at = 'now'",
        "UPDATE refresh_tokens SET family_expires_at = X'00'",
        "UPDATE refresh_tokens SET family_id = X'FF00'",
    ],
)
def test_a_value_that_another_program_stored_and_that_cannot_be_read_is_named(
    sqlite_engine: Engine, clock: FakeClock, statement: str
) -> None:
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    program.log_in("ada@example.com")
    sql_on(sqlite_engine)(statement)
    with pytest.raises(DatabaseDamaged):
        register_loaders(program)


def test_a_hash_that_cannot_be_read_breaks_no_login(
    sqlite_engine: Engine, clock: FakeClock
) -> None:
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    sql_on(sqlite_engine)("UPDATE users SET hashed_password = X'FF00'")
    with pytest.raises(UserctlError):
        program.log_in("ada@example.com")


def test_a_search_for_text_that_is_no_unicode_is_refused_or_finds_nothing(
    program: Program, ada: UserCreated
) -> None:
    with suppress(UserctlError):
        assert program.user_list.page(UserQuery(search="\udcff")).items == []


def test_a_column_without_a_time_zone_holds_utc_whatever_the_server_says(
    bare_postgres_url: str,
) -> None:
    with open_engine(with_options(bare_postgres_url, TimeZone="America/New_York")) as engine:
        upgrade(engine)
        sql = sql_on(engine)
        for table, column in (("users", "created_at"), ("refresh_tokens", "expires_at")):
            sql(f"ALTER TABLE {table} ALTER {column} TYPE timestamp without time zone")
        program = Program(engine, FakeClock())
        created = program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
        program.log_in("ada@example.com")
        assert created.created_at == program.users.show("1").created_at == NOW
        assert sql("SELECT created_at FROM users") == [(NOW.replace(tzinfo=None),)]
        [token] = program.token_list.page(TokenQuery(state="active")).items
        assert token.expires_at == NOW + timedelta(days=7)


def test_a_token_of_an_application_that_has_no_end_is_damaged_and_no_bug() -> None:
    with pytest.raises(DatabaseDamaged, match="expires_at"):
        refresh_token_state(RefreshToken(id=1, token="x", user_id=1, expires_at=None), NOW)
