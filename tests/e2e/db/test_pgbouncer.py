"""Commands whose connections go through a PgBouncer in transaction mode."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from sqlalchemy import Connection, event

from tests.e2e.cli.test_contracts import require_keys
from tests.integration.conftest import FakeClock, Program, open_engine, sql_on
from tests.support.cli import PASSWORD, SECRET_KEY, Userctl
from tests.support.commit_proxy import Fate, commit_proxy
from tests.support.expired import insert_tokens
from tests.support.forking import Forks
from tests.support.pgbouncer import running_pgbouncer
from userctl import open_accounts
from userctl.core.errors import DatabaseUnreachable, RefreshConflict
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate

AT_ONCE = 20
SETTINGS = ["lock_timeout", "synchronous_commit", "idle_in_transaction_session_timeout",
            "search_path", "TimeZone"]  # fmt: skip
DUMPS = ("db backup", "db inspect", "db restore")
"""What PostgreSQL's own programs do, who leave settings behind and so want the server itself."""


@pytest.fixture(scope="module")
def pgbouncer(postgres_server: str) -> Iterator[str]:
    """The URL of a PgBouncer in front of the server of the tests."""
    with running_pgbouncer(postgres_server) as url:
        yield url


def through(pgbouncer: str, url: str) -> str:
    """Return the URL of a database of the server as PgBouncer has it."""
    return urlunsplit(urlsplit(pgbouncer)._replace(path=urlsplit(url).path))


@pytest.fixture
def database_url(pgbouncer: str, postgres_url: str) -> str:
    """The URL of a migrated database without rows."""
    return through(pgbouncer, postgres_url)


@pytest.fixture
def bare(home: Path, pgbouncer: str, bare_postgres_url: str) -> Userctl:
    """Userctl on a database that was never migrated."""
    return Userctl(home, through(pgbouncer, bare_postgres_url))


def test_every_command_that_prints_records_works(userctl: Userctl) -> None:
    require_keys(userctl, but=DUMPS)


def test_every_other_command_works(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl.login("ada@example.com")
    for command in ("user export u.csv", "audit export a.csv", "token print", "metrics", "logout"):
        assert userctl(*command.split()).code == 0, command
    assert (userctl.home / "u.csv").read_text().count("\n") == 2
    assert (userctl.home / "a.csv").read_text().count("\n") == 3


def test_a_backup_wants_the_server_itself(userctl: Userctl) -> None:
    result = userctl("db", "backup", "a.backup", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_tool_failed")
    assert "the server itself" in result.error["hint"]
    # How the run ended is recorded under HOME.
    assert [path.name for path in userctl.home.iterdir()] == [".local"]


def test_of_several_pgbouncers_one_can_be_gone(userctl: Userctl, database_url: str) -> None:
    userctl.database_url = database_url.replace("host=", "host=/nonexistent,")
    assert userctl.create("ada@example.com")["id"] == 1


def test_migrations_at_once_wait_for_each_other(bare: Userctl) -> None:
    results = bare.run_at_once([["db", "migrate"]] * 4)
    assert [result.code for result in results] == [0] * 4, results
    assert bare("db", "migrate", "--check").code == 0


def test_of_many_processes_that_create_one_account_one_succeeds(
    userctl: Userctl, forks: Forks
) -> None:
    results = forks.run_at_once([["user", "create", "ada@example.com", "--no-password"]] * AT_ONCE)
    assert Counter(result.code for result in results) == {0: 1, 5: AT_ONCE - 1}


def test_many_logins_at_once_succeed(userctl: Userctl, forks: Forks) -> None:
    addresses = [f"u{number}@example.com" for number in range(AT_ONCE)]
    for address in addresses:
        userctl.create(address)
    logins = [["login", address, "--password-stdin", "--no-store"] for address in addresses]
    assert {result.code for result in forks.run_at_once(logins, PASSWORD)} == {0}
    assert userctl("token", "list", "--all", "-q").out.count("\n") == AT_ONCE
    assert userctl("audit", "verify").code == 0


def test_of_many_processes_with_one_refresh_token_one_gets_its_only_successor(
    userctl: Userctl, forks: Forks
) -> None:
    userctl.create("ada@example.com")
    pair = userctl.login("ada@example.com", "--no-store")
    for turn in range(1, 6):
        results = forks.run_at_once(
            [["token", "refresh", "--stdin", "-o", "json"]] * AT_ONCE, pair["refresh_token"]
        )
        assert Counter(result.code for result in results) == {0: 1, 5: AT_ONCE - 1}, turn
        [pair] = [json.loads(result.out) for result in results if result.code == 0]
    assert userctl("token", "list", "-q", "--state", "active").out.count("\n") == 1


def test_a_service_that_keeps_its_connections_shares_those_of_the_server(
    database_url: str,
) -> None:
    with open_accounts(database_url, secret_key=SECRET_KEY, password_cost="10") as accounts:
        accounts.users.create("ada@example.com", password=PASSWORD)
        token = accounts.sessions.login("ada@example.com", PASSWORD).tokens.refresh_token

        def refresh(_: int) -> Grant | RefreshConflict:
            try:
                return accounts.sessions.refresh(token)
            except RefreshConflict as error:
                return error

        with ThreadPoolExecutor(AT_ONCE) as threads:
            # Often enough for a driver that prepares what it runs often.
            for _ in range(10):
                won = [
                    each for each in threads.map(refresh, range(AT_ONCE)) if isinstance(each, Grant)
                ]
                [token] = [grant.tokens.refresh_token for grant in won]
                accounts.tokens.verify(won[0].tokens.access_token)


def test_of_purges_at_once_one_works_beside_logins(
    userctl: Userctl, forks: Forks, database_url: str
) -> None:
    userctl.create("ada@example.com")
    with open_engine(database_url) as engine:
        insert_tokens(sql_on(engine), 1000, days=2)
    purge = ["token", "purge", "-o", "json", "--batch-size", "20", "--pause", "5ms"]
    login = ["login", "ada@example.com", "--password-stdin", "--no-store"]
    results = forks.run_at_once([purge, purge, login], PASSWORD)
    assert [result.code for result in results] == [0, 0, 0], results
    purges = [json.loads(result.out) for result in results[:2]]
    assert sorted(each["deleted"] for each in purges) == [0, 1000]
    assert "other_purge" in {each["stopped_by"] for each in purges}
    assert userctl("token", "list", "-q").out.count("\n") == 1


@pytest.mark.parametrize(("fate", "code"), [("done", 0), ("lost", 6)])
def test_a_commit_whose_answer_was_lost_is_looked_into(
    userctl: Userctl, database_url: str, socket_folder: Path, fate: Fate, code: int
) -> None:
    with commit_proxy(socket_folder, database_url, fate) as proxy:
        cut = Userctl(userctl.home, proxy.url)
        proxy.armed = True
        result = cut("user", "create", "ada@example.com", "--no-password", "-q")
        assert not proxy.armed
    assert (result.code, result.out) == (code, "" if code else "1\n")
    assert userctl("user", "list", "-q").out == result.out


def test_a_server_that_hangs_up_behind_pgbouncer_has_changed_nothing(
    database_url: str, postgres_url: str
) -> None:
    with open_engine(database_url) as engine, open_engine(postgres_url) as direct:

        @event.listens_for(engine, "commit")
        def hang_up(connection: Connection) -> None:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            sql_on(direct)(f"SELECT pg_terminate_backend({backend}, 30000)")

        with pytest.raises(DatabaseUnreachable, match="nothing was changed"):
            Program(engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))
        assert sql_on(direct)("SELECT * FROM users") == []


def test_no_transaction_leaves_anything_behind_on_a_shared_connection(
    userctl: Userctl, database_url: str
) -> None:
    require_keys(userctl, but=DUMPS)
    with psycopg.connect(database_url, autocommit=True) as connection:

        def ask(query: str) -> list[object]:
            return [value for row in connection.execute(query) for value in row]

        for setting in SETTINGS:
            query = f"SELECT setting = reset_val FROM pg_settings WHERE name = '{setting}'"
            assert ask(query) == [True], setting
        assert ask("SELECT count(*) FROM pg_prepared_statements") == [0]
        # Other tests lock in databases of their own.
        held = "SELECT count(*) FROM pg_locks JOIN pg_database d ON database = d.oid "
        held += "WHERE locktype = 'advisory' AND datname = current_database()"
        assert ask(held) == [0]
