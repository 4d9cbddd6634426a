"""Tables that have other names than ours, and what is said where none is found."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, open_engine, sql_on
from tests.integration.database.adoption.conftest import (
    adoption_on,
    database_contents,
    step_subjects,
)
from tests.support.applications import HASH, IN_CLEAR, run_script
from tests.support.cli import Userctl
from userctl.core.errors import DatabaseNotMigrated, ForeignTables, InvalidInput
from userctl.db.schema.migrations import upgrade
from userctl.schemas.adoption import AdoptionChoices
from userctl.schemas.users import UserCreate
from userctl.services.database.adoption import AdoptionService

USERS_ROWS = f"('Ada@Example.com', '{HASH}'), ('bob@example.com', '{HASH}')"


def build(engine: Engine, url: str, users: str, tokens: str = "refresh_tokens") -> None:
    """Create tables with other names, and one that refers to them."""
    kind = "serial" if engine.dialect.name == "postgresql" else "INTEGER"
    run_script(
        url,
        f'CREATE TABLE "{users}" (id {kind} PRIMARY KEY, email varchar(200) NOT NULL, '
        f"hashed_password text, plan text DEFAULT 'free'); "
        f'INSERT INTO "{users}" (email, hashed_password) VALUES {USERS_ROWS}; '
        f'CREATE TABLE "{tokens}" (id {kind} PRIMARY KEY, token varchar(40), '
        f'user_id integer REFERENCES "{users}" (id), expires_at timestamp); '
        f'INSERT INTO "{tokens}" (token, user_id, expires_at) '
        f"VALUES ('{IN_CLEAR}', 1, '2030-01-05 00:00:00'); "
        f'CREATE TABLE posts (id {kind} PRIMARY KEY, author integer REFERENCES "{users}" (id)); '
        f"INSERT INTO posts (author) VALUES (2)",
    )


NAMES = [("accounts", "sessions"), ("user", "refresh_tokens"), ("Users", "RefreshTokens")]


@pytest.mark.parametrize(("users", "tokens"), NAMES)
def test_tables_that_are_named_are_adopted_as_the_plan_says(
    bare_database_url: str,
    bare_engine: Engine,
    adoption: AdoptionService,
    clock: FakeClock,
    users: str,
    tokens: str,
) -> None:
    build(bare_engine, bare_database_url, users, tokens)
    choices = AdoptionChoices(users_table=users, tokens_table=tokens)
    before = database_contents(bare_engine)
    plan = adoption.plan(choices)
    assert database_contents(bare_engine) == before
    assert ("users", users, []) in step_subjects(plan, "step")
    assert adoption.adopt(choices) == plan
    assert not step_subjects(adoption.plan(choices), "step")
    assert not step_subjects(adoption.plan(), "step")
    program = Program(bare_engine, clock)
    assert program.log_in("ada@example.com").user.id == 1
    assert program.token_exchange.refresh(IN_CLEAR).user.id == 1
    assert program.users.create(UserCreate(email="eve@example.com", password=PASSWORD)).id == 3
    sql = sql_on(bare_engine)
    assert sql("SELECT count(*) FROM posts JOIN users ON users.id = author") == [(1,)]


@pytest.mark.parametrize("users", ["accounts", "user", "Users"])
def test_the_application_goes_on_with_the_old_name_on_postgresql(
    bare_postgres_url: str, clock: FakeClock, users: str
) -> None:
    with open_engine(bare_postgres_url) as engine:
        build(engine, bare_postgres_url, users)
        run_script(
            bare_postgres_url,
            "CREATE ROLE userctl_app LOGIN; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "
            f'userctl_app; GRANT SELECT, INSERT, UPDATE ON "{users}" TO userctl_app',
        )
        try:
            adoption_on(engine, bare_postgres_url).adopt(AdoptionChoices(users_table=users))
            with psycopg.connect(bare_postgres_url, autocommit=True) as application:
                application.execute("SET ROLE userctl_app")
                inserted = application.execute(
                    f'INSERT INTO "{users}" (email, hashed_password) VALUES '
                    f"('zoe@example.com', '{HASH}') RETURNING id, plan".encode()
                )
                assert inserted.fetchone() == (3, "free")
                application.execute(f"UPDATE \"{users}\" SET plan = 'paid' WHERE id = 3".encode())
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    application.execute(f'DELETE FROM "{users}"'.encode())
        finally:
            run_script(bare_postgres_url, "DROP OWNED BY userctl_app; DROP ROLE userctl_app")
        program = Program(engine, clock)
        assert program.users.show("zoe@example.com").role == "user"
        program.user_status.disable("3")
        program.recycle_bin.delete(["1"])


def test_a_name_that_differs_only_in_case_is_the_same_on_sqlite(
    sqlite_file: str, file_engine: Engine, clock: FakeClock
) -> None:
    build(file_engine, sqlite_file, "Users", "Refresh_Tokens")
    with pytest.raises(ForeignTables):
        upgrade(file_engine)
    adoption = adoption_on(file_engine, sqlite_file, clock)
    plan = adoption.plan()
    assert not any("the name users" in step.detail for step in plan)
    assert adoption.adopt() == plan
    sql = sql_on(file_engine)
    assert sql("SELECT email FROM Users WHERE id = 1") == [("ada@example.com",)]
    assert not step_subjects(adoption.plan(), "step")


@pytest.mark.parametrize("users", ["accounts", "user", "app_users"])
def test_where_no_table_is_found_the_names_and_those_alike_are_said(
    bare_database_url: str, bare_engine: Engine, adoption: AdoptionService, users: str
) -> None:
    build(bare_engine, bare_database_url, users, "tickets")
    for act in (adoption.plan, adoption.adopt):
        with pytest.raises(DatabaseNotMigrated) as info:
            act()
        assert "neither users nor refresh_tokens exists" in info.value.message
        assert f"there are: {users}" in info.value.message
        assert "--users-table" in str(info.value.hint)


def test_a_name_that_is_not_there_is_a_usage_error(
    bare_database_url: str, bare_engine: Engine, adoption: AdoptionService
) -> None:
    build(bare_engine, bare_database_url, "accounts")
    with pytest.raises(InvalidInput, match=r"no table 'acounts' \(there are: accounts"):
        adoption.plan(AdoptionChoices(users_table="acounts"))


def test_a_view_is_no_table(
    bare_database_url: str, bare_engine: Engine, adoption: AdoptionService
) -> None:
    build(bare_engine, bare_database_url, "people")
    run_script(bare_database_url, "DROP TABLE refresh_tokens; CREATE VIEW users AS SELECT 1 AS id")
    with pytest.raises(DatabaseNotMigrated, match=r"there are: users \(a view\)"):
        adoption.plan()


def test_a_table_of_our_name_besides_the_one_that_is_named_is_a_problem(
    bare_database_url: str, bare_engine: Engine, adoption: AdoptionService
) -> None:
    build(bare_engine, bare_database_url, "accounts")
    run_script(bare_database_url, "CREATE TABLE users (id integer PRIMARY KEY)")
    plan = adoption.plan(AdoptionChoices(users_table="accounts"))
    assert step_subjects(plan, "problem") == [("users", "users", [])]


def test_the_names_are_options(bare_database_url: str, bare_engine: Engine, home: Path) -> None:
    build(bare_engine, bare_database_url, "accounts", "sessions")
    bare_engine.dispose()
    bare = Userctl(home, bare_database_url)
    named = ["db", "adopt", "--users-table", "accounts", "--tokens-table", "sessions"]
    planned = bare(*named, "--dry-run", "-o", "json")
    assert planned.code == 8
    done = bare(*named, "--yes", "-o", "json")
    assert (done.code, done.out) == (0, planned.out)
    assert bare("user", "show", "ada@example.com").code == 0
