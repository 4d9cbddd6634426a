"""Defaults of a role, a database or a server that change what a session reads and writes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.integration.conftest import NOW, FakeClock, Program, Sql, open_engine, sql_on
from tests.integration.conftest import with_options as with_defaults
from tests.support.cli import PASSWORD, Userctl
from tests.support.servers import wait_until
from userctl.core.errors import DatabaseBusy, SchemaNotFound
from userctl.db.maintenance.vacuum import vacuum
from userctl.db.schema.migrations import upgrade
from userctl.db.schema.revisions import require_current
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate, UserQuery, UserUpdate

VALUES = {
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
}


@pytest.fixture
def postgres_sql(postgres_engine: Engine) -> Sql:
    return sql_on(postgres_engine)


def test_every_command_reads_and_writes_the_same_values(home: Path, postgres_url: str) -> None:
    userctl = Userctl(home, postgres_url)
    userctl.create("ada@example.com", "--role", "admin")
    other = Userctl(home, with_defaults(postgres_url, **VALUES))
    other.create("bo@example.com", "--name", r"B\o")
    for command in (
        "login bo@example.com --password-stdin --no-store",
        "user update 1 --name Ada",
        "user passwd 2 --password-stdin",
        "user disable 2",
        "token issue --user 1 --label ci --expires 30d",
        "token purge --yes",
        "user delete 2 --yes",
    ):
        result = other(*command.split(), stdin=PASSWORD)
        assert (command, result.code, result.err) == (command, 0, result.err)
    for command in (
        "user list -o json",
        "user list --search \\ -o json",
        "user list --deleted -o json",
        "user show 1 -o json",
        "user export --format csv --with-hashes",
        "token list -o json",
        "audit list -o json",
        "audit verify -o json",
        "db stats -o json",
        "db adopt --dry-run -o json",
    ):
        expected, found = userctl(*command.split()), other(*command.split())
        assert (command, found.code, found.out) == (command, expected.code, expected.out)


@pytest.mark.parametrize("style", ["ISO,DMY", "SQL,DMY", "Postgres", "German"])
def test_times_are_read_and_compared_in_every_style(postgres_url: str, style: str) -> None:
    with open_engine(with_defaults(postgres_url, DateStyle=style)) as engine:
        program = Program(engine, FakeClock())
        for email in ("ada@example.com", "bo@example.com"):
            program.users.create(UserCreate(email=email))
        first = program.user_list.page(UserQuery(sort="created_at", limit=1)).items[0]
        assert (first.id, first.created_at) == (1, NOW)
        after = program.user_list.page(UserQuery(sort="created_at", after=1)).items
        assert [user.id for user in after] == [2]


@pytest.mark.parametrize("style", ["ISO,DMY", "SQL,DMY", "Postgres", "German"])
def test_tokens_are_verified_and_exchanged_in_every_style(postgres_url: str, style: str) -> None:
    with open_engine(with_defaults(postgres_url, **VALUES | {"DateStyle": style})) as engine:
        program = Program(engine, FakeClock())
        program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
        tokens = program.log_in("ada@example.com").tokens
        assert program.token_verifier.verify(tokens.access_token).user.created_at == NOW
        tokens = program.token_exchange.refresh(tokens.refresh_token).tokens
        assert program.token_verifier.verify(tokens.access_token).user.created_at == NOW
        new = ApiTokenCreate(user="1", label="ci", expires_in=None)
        found = program.api_tokens.verify(program.api_tokens.issue(new).token)
        assert found.user.created_at == NOW


def test_the_schema_is_migrated_and_found_current(bare_postgres_url: str) -> None:
    with open_engine(with_defaults(bare_postgres_url, **VALUES)) as engine:
        upgrade(engine)
        require_current(engine)
        Program(engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))
        assert Program(engine, FakeClock()).users.show("1").created_at == NOW


@pytest.mark.parametrize("path", ["''", "nowhere", '"no\x1bwhere"'])
def test_a_search_path_without_a_schema_is_named(postgres_url: str, path: str) -> None:
    with open_engine(with_defaults(postgres_url, search_path=path)) as engine:
        with pytest.raises(SchemaNotFound, match="search_path") as caught:
            require_current(engine)
        assert "\x1b" not in str(caught.value)
        with pytest.raises(SchemaNotFound):
            upgrade(engine)


def test_the_schema_that_the_search_path_names_is_used(
    bare_postgres_url: str,
) -> None:
    with open_engine(bare_postgres_url) as engine:
        sql_on(engine)("CREATE SCHEMA accounts")
    with open_engine(with_defaults(bare_postgres_url, search_path="accounts")) as engine:
        upgrade(engine)
        Program(engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))
        assert sql_on(engine)("SELECT email FROM accounts.users") == [("ada@example.com",)]


def test_a_table_of_another_schema_does_not_stand_for_ours(
    bare_postgres_url: str, home: Path
) -> None:
    with open_engine(bare_postgres_url) as engine:
        upgrade(engine)
        sql_on(engine)("CREATE SCHEMA other")
    userctl = Userctl(home, with_defaults(bare_postgres_url, search_path="other,public"))
    plan = userctl("db", "adopt", "--dry-run", "-o", "json")
    assert (plan.code, "the table is in the schema public" in plan.out) == (5, True)
    assert userctl("user", "list").code == 0
    with open_engine(bare_postgres_url) as engine:
        sql_on(engine)("CREATE TABLE other.users (id integer, email text)")
    for command in ("user list", "db stats", "db migrate", "db adopt --dry-run"):
        result = userctl(*command.split(), "-o", "json")
        assert (command, result.code, result.error["code"]) == (command, 6, "schema_not_found")
        assert "finds users in the schema 'other'" in result.error["message"]
    assert "finds users in" in userctl("doctor").out


def test_a_default_that_forbids_writing_is_named(postgres_url: str, home: Path) -> None:
    for name, value in (("default_transaction_read_only", "on"), ("statement_timeout", "1ms")):
        userctl = Userctl(home, with_defaults(postgres_url, **{name: value}))
        result = userctl("user", "create", "ada@example.com", "--no-password", "-o", "json")
        assert name in result.error["hint"]


def test_texts_are_sent_in_unicode_whatever_the_url_says(postgres_url: str) -> None:
    with open_engine(f"{postgres_url}&client_encoding=LATIN1") as engine:
        users = Program(engine, FakeClock()).users
        users.create(UserCreate(email="ada@example.com", name="张三"))
        assert users.show("1").name == "张三"


def read_users(program: Program) -> object:
    return program.users.show("1")


def write_users(program: Program) -> object:
    return program.users.update("1", UserUpdate(name="Ada"))


def vacuum_tables(program: Program) -> None:
    vacuum(program.engine)


@pytest.mark.parametrize("call", [read_users, write_users, vacuum_tables])
def test_neither_readers_nor_writers_wait_for_ever(
    postgres_url: str,
    postgres_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[[Program], object],
) -> None:
    Program(postgres_engine, FakeClock()).users.create(UserCreate(email="ada@example.com"))
    monkeypatch.setattr("userctl.db.engine.BUSY_TIMEOUT_SECONDS", 1)
    with postgres_engine.begin() as holding, open_engine(postgres_url) as engine:
        holding.execute(text("LOCK TABLE users"))
        with pytest.raises(DatabaseBusy):
            call(Program(engine, FakeClock()))


def test_a_session_that_the_server_ended_while_it_was_idle_is_replaced(
    postgres_url: str, postgres_sql: Sql
) -> None:
    with open_engine(f"{postgres_url}&application_name=idle") as engine:
        users = Program(engine, FakeClock()).users
        users.create(UserCreate(email="ada@example.com"))
        ours = "FROM pg_stat_activity WHERE application_name = 'idle'"
        assert postgres_sql(f"SELECT pg_terminate_backend(pid) {ours}") == [(True,)]
        wait_until(lambda: postgres_sql(f"SELECT pid {ours}") == [])
        assert users.update("1", UserUpdate(name="Ada")).name == "Ada"
