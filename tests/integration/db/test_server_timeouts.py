"""Timeouts by which a PostgreSQL server ends transactions and sessions that seem forgotten."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from tests.integration.conftest import (
    FakeClock,
    Program,
    Sql,
    open_engine,
    sql_on,
    with_options,
)
from tests.support.servers import wait_until
from userctl.core.errors import DatabaseUnreachable
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.schemas.database import PurgeOptions, PurgeResult
from userctl.schemas.users import UserCreate, UserQuery
from userctl.services.users import export

IN_TRANSACTION = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'slow' "
    "AND state = 'idle in transaction' AND clock_timestamp() - state_change > interval '600 ms'"
)


@pytest.fixture
def postgres_sql(postgres_engine: Engine) -> Sql:
    return sql_on(postgres_engine)


def test_an_export_waits_for_a_slow_reader(
    postgres_url: str,
    postgres_engine: Engine,
    postgres_sql: Sql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    users = Program(postgres_engine, FakeClock()).users
    for letter in "abc":
        users.create(UserCreate(email=f"{letter}@example.com"))
    monkeypatch.setattr(export, "CHUNK", 1)
    url = with_options(postgres_url, idle_in_transaction_session_timeout="400ms")
    with open_engine(f"{url}&application_name=slow") as engine:
        chunks = Program(engine, FakeClock()).user_export.chunks(with_hashes=False)
        next(chunks)
        wait_until(lambda: postgres_sql(IN_TRANSACTION) != [])
        assert len([*chunks]) == 2


@pytest.mark.parametrize("kind", [Database.reading, Database.snapshot, Database.writing])
def test_no_transaction_is_taken_for_a_forgotten_one(
    postgres_url: str, kind: Callable[[Database], UnitOfWork]
) -> None:
    url = with_options(postgres_url, idle_in_transaction_session_timeout="1min")
    with open_engine(url) as engine, kind(Program(engine, FakeClock()).database) as uow:
        query = text("SHOW idle_in_transaction_session_timeout")
        assert uow.connection.scalar(query) == "0"


@pytest.mark.parametrize(
    ("timeout", "then"),
    [
        ("idle_in_transaction_session_timeout", lambda uow: uow.users.get(1)),
        ("idle_in_transaction_session_timeout", lambda uow: uow.commit()),
        ("transaction_timeout", lambda uow: uow.users.get(1)),
        ("transaction_timeout", lambda uow: uow.commit()),
    ],
)
def test_a_transaction_that_a_timeout_ended_changed_nothing_and_says_which_it_was(
    postgres_url: str, postgres_sql: Sql, timeout: str, then: Callable[[UnitOfWork], object]
) -> None:
    def outlast_the_timeout(database: Database) -> None:
        with database.writing() as uow:
            uow.connection.execute(
                text("INSERT INTO users (email, hashed_password) VALUES ('a', 'x')")
            )
            uow.connection.execute(text(f"SET LOCAL {timeout} = '50ms'"))
            ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'slow'"
            wait_until(lambda: postgres_sql(ours) == [])
            then(uow)

    with open_engine(f"{postgres_url}&application_name=slow") as engine:
        program = Program(engine, FakeClock())
        with pytest.raises(DatabaseUnreachable, match="A timeout of the database") as caught:
            outlast_the_timeout(program.database)
        assert f"ALTER ROLE NAME SET {timeout} = " in str(caught.value.hint)
        assert program.user_list.page(UserQuery()).items == []


def test_a_purge_whose_lock_was_ended_reports_what_it_deleted(
    postgres_engine: Engine, postgres_sql: Sql, clock: FakeClock
) -> None:
    program = Program(postgres_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    for _ in range(3):
        program.log_in("ada@example.com")
    clock.advance(days=30)

    def end_lock(_done: int, _total: int) -> None:
        locks = (
            "FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' "
            "AND datname = current_database()"
        )
        postgres_sql(f"SELECT pg_terminate_backend(pid) {locks}")
        wait_until(lambda: postgres_sql(f"SELECT pid {locks}") == [])

    options = PurgeOptions(older_than=timedelta(), batch_size=2, trust_clock=True)
    result = program.purge.purge(options, on_batch=end_lock)
    assert result == PurgeResult(deleted=3, remaining=0)
    # The next one gets the lock.
    assert program.purge.purge(options) == PurgeResult(remaining=0)
