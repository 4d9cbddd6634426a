"""What goes wrong between userctl and a PostgreSQL server, and what userctl says then."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from sqlalchemy import Engine, text

from tests.integration.conftest import (
    FakeClock,
    Program,
    Sql,
    database_on,
    open_engine,
    run_at_once,
    sql_on,
    type_names,
    with_options,
)
from tests.support.commit_proxy import Fate, commit_proxy
from userctl.config.database_url import DatabaseURL
from userctl.core.errors import (
    CommitUnknown,
    DatabaseAccessDenied,
    DatabaseBusy,
    DatabaseNotMigrated,
    DatabaseUnreachable,
    InvalidConfiguration,
    ReadOnly,
)
from userctl.db.engine import database_engine
from userctl.db.transaction.retry import retry_transactions
from userctl.schemas.users import UserCreate, UserRead, UserUpdate

ADA = UserCreate(email="ada@example.com")


def look_up_missing_user(url: str) -> None:
    """Run a query on a database."""
    with open_engine(url) as engine, database_on(engine).reading() as uow:
        uow.users.by_email("ada@example.com")


def create_ada(url: str) -> UserRead:
    """Create an account."""
    with open_engine(url) as engine:
        return Program(engine, FakeClock()).users.create(ADA)


@pytest.fixture
def postgres_sql(postgres_engine: Engine) -> Sql:
    """SQL that another program runs on the same database."""
    return sql_on(postgres_engine)


@pytest.mark.parametrize("where", ["127.0.0.1:1/accounts", "/accounts?host=/nonexistent"])
def test_a_server_that_cannot_be_reached_says_so_without_the_password(where: str) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        look_up_missing_user(f"postgresql://ada:s3cret@{where}")
    assert "s3cret" not in str(caught.value)


def test_a_database_that_does_not_exist_is_unreachable(postgres_url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="nowhere"):
        look_up_missing_user(urlunsplit(urlsplit(postgres_url)._replace(path="/nowhere")))


def test_a_role_that_the_server_does_not_let_in_is_named(postgres_url: str) -> None:
    # The server of the tests trusts everybody, so no password can be wrong.
    with pytest.raises(DatabaseUnreachable, match="nobody"):
        look_up_missing_user(f"{postgres_url}&user=nobody")


def test_a_role_without_privileges_is_denied_access(postgres_url: str) -> None:
    with pytest.raises(DatabaseAccessDenied):
        look_up_missing_user(with_options(postgres_url, role="pg_monitor"))


def test_a_server_that_accepts_no_writes_says_so(postgres_url: str) -> None:
    with pytest.raises(ReadOnly):
        create_ada(with_options(postgres_url, default_transaction_read_only="on"))


def test_a_database_without_tables_is_not_migrated(bare_postgres_url: str) -> None:
    with pytest.raises(DatabaseNotMigrated):
        look_up_missing_user(bare_postgres_url)


def test_a_url_that_libpq_cannot_parse_is_refused_without_repeating_the_password() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        database_engine(DatabaseURL.parse("postgresql://ada:s3%zzcret@host/accounts"))
    assert "cret" not in f"{caught.value} {caught.value.hint}"


def test_of_several_hosts_the_one_that_answers_is_used(postgres_url: str) -> None:
    host = psycopg.conninfo.conninfo_to_dict(postgres_url)["host"]
    look_up_missing_user(f"{postgres_url}&host=/nonexistent,{host}")


@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
def test_a_database_that_stays_locked_is_busy(
    postgres_url: str,
    postgres_engine: Engine,
    setting: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("userctl.db.engine.BUSY_TIMEOUT_SECONDS", 1)
    url = with_options(postgres_url, **{setting: "50ms"})
    with postgres_engine.begin() as holding:
        holding.execute(text("LOCK TABLE users"))
        with pytest.raises(DatabaseBusy):
            create_ada(url)


def lock_in_order(barrier: Barrier, *ids: int) -> Callable[[Program], int]:
    """Return a call that locks accounts one after the other and says which attempt succeeded."""
    attempts = 0

    @retry_transactions
    def lock(program: Program) -> int:
        nonlocal attempts
        attempts += 1
        with program.database.writing() as uow:
            for number, user_id in enumerate(ids):
                if number and attempts == 1:
                    barrier.wait(timeout=30)
                uow.users.lock(user_id)
            uow.commit()
        return attempts

    return lock


@pytest.fixture
def two_accounts(postgres_engine: Engine) -> None:
    accounts = Program(postgres_engine, FakeClock()).users
    for name in "ab":
        accounts.create(UserCreate(email=f"{name}@example.com"))


def test_of_two_transactions_in_a_deadlock_one_gives_way_and_is_run_again(
    postgres_url: str, two_accounts: None
) -> None:
    barrier = Barrier(2)
    outcomes = run_at_once(
        with_options(postgres_url, deadlock_timeout="20ms"),
        lock_in_order(barrier, 1, 2),
        lock_in_order(barrier, 2, 1),
    )
    assert sorted(map(str, outcomes)) == ["1", "2"]


def test_a_deadlock_that_is_not_retried_is_a_transaction_conflict(
    postgres_url: str, two_accounts: None
) -> None:
    barrier = Barrier(2)
    calls = [lock_in_order(barrier, *ids).__wrapped__ for ids in ((1, 2), (2, 1))]  # type: ignore[attr-defined]
    outcomes = run_at_once(with_options(postgres_url, deadlock_timeout="20ms"), *calls)
    assert type_names(outcomes) == ["TransactionConflict", "int"]


@pytest.mark.parametrize("isolation", ["serializable", "repeatable\\ read"])
def test_transactions_that_cannot_be_serialised_are_run_again(
    postgres_url: str, two_accounts: None, isolation: str
) -> None:
    def naming(name: str) -> Callable[[Program], UserRead]:
        return lambda program: program.users.update("1", UserUpdate(name=name))

    url = with_options(postgres_url, default_transaction_isolation=isolation)
    for round_ in range(4):
        outcomes = run_at_once(url, naming(f"a{round_}"), naming(f"b{round_}"))
        assert type_names(outcomes) == ["UserRead", "UserRead"]


def test_a_connection_lost_in_a_transaction_is_unreachable_and_the_next_one_works(
    postgres_engine: Engine, postgres_url: str, postgres_sql: Sql
) -> None:
    def write_and_lose_the_connection(engine: Engine) -> None:
        with database_on(engine).writing() as uow:
            uow.begin()
            postgres_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            uow.users.lock_active_admins()

    with open_engine(postgres_url) as engine:
        engine.connect().close()
        with pytest.raises(DatabaseUnreachable):
            write_and_lose_the_connection(engine)
        assert Program(engine, FakeClock()).users.create(ADA).email == ADA.email


@pytest.fixture
def create_through_a_cut(
    socket_folder: Path, postgres_url: str
) -> Callable[[Fate, bool], UserRead]:
    """Create an account over a connection that breaks at its COMMIT."""

    def create(fate: Fate, then_refuse: bool) -> UserRead:
        with (
            commit_proxy(socket_folder, postgres_url, fate, then_refuse=then_refuse) as proxy,
            open_engine(proxy.url) as engine,
        ):
            engine.connect().close()
            proxy.armed = True
            try:
                return Program(engine, FakeClock()).users.create(ADA)
            finally:
                assert not proxy.armed

    return create


def count_accounts(sql: Sql) -> int:
    """Return how many accounts there are."""
    return int(sql("SELECT count(*) FROM users")[0][0])


def test_a_commit_whose_answer_was_lost_is_found_to_have_happened(
    create_through_a_cut: Callable[[Fate, bool], UserRead], postgres_sql: Sql
) -> None:
    created = create_through_a_cut("done", False)
    assert (created.id, created.email) == (1, ADA.email)
    assert count_accounts(postgres_sql) == 1


def test_a_commit_that_was_lost_on_its_way_is_found_not_to_have_happened(
    create_through_a_cut: Callable[[Fate, bool], UserRead], postgres_sql: Sql
) -> None:
    with pytest.raises(DatabaseUnreachable, match="nothing was changed"):
        create_through_a_cut("lost", False)
    assert count_accounts(postgres_sql) == 0


@pytest.mark.parametrize(("fate", "count"), [("done", 1), ("lost", 0)])
def test_the_outcome_of_a_commit_is_unknown_when_no_server_can_be_asked(
    create_through_a_cut: Callable[[Fate, bool], UserRead],
    postgres_sql: Sql,
    fate: Fate,
    count: int,
) -> None:
    with pytest.raises(CommitUnknown):
        create_through_a_cut(fate, True)
    assert count_accounts(postgres_sql) == count


@pytest.mark.soak
def test_the_outcome_of_a_commit_is_unknown_while_the_server_still_waits_for_it(
    create_through_a_cut: Callable[[Fate, bool], UserRead],
) -> None:
    with pytest.raises(CommitUnknown):
        create_through_a_cut("pending", False)
