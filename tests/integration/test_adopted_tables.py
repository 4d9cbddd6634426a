"""What goes on on adopted tables, and what of an application they would not bear."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table

from tests.applications import IN_CLEAR, LOOSE, run_script
from tests.cli import Userctl
from tests.integration.conftest import FakeClock, Program, Sql, open_engine, sql_on
from tests.integration.test_adoption import adoption_on, told
from userctl.db.inspection import token_trouble
from userctl.errors import TokenInvalid
from userctl.models import TABLES
from userctl.schemas import ApiTokenCreate
from userctl.services.adoption import AdoptionService

EVE = "eve@example.com"

Adopt = Callable[[str], AdoptionService]


@pytest.fixture
def run(bare_engine: Engine) -> Sql:
    """SQL that the application runs."""
    return sql_on(bare_engine)


@pytest.fixture
def adoption(bare_engine: Engine, bare_database_url: str, clock: FakeClock) -> AdoptionService:
    return adoption_on(bare_engine, bare_database_url, clock)


@pytest.fixture
def adopted(bare_engine: Engine, adoption: AdoptionService, clock: FakeClock) -> Program:
    """The services on tables of an application."""
    LOOSE.build(bare_engine)
    adoption.adopt()
    return Program(bare_engine, clock)


def test_tokens_of_an_account_that_an_application_deletes_pass_to_nobody(
    adopted: Program, bare_database_url: str
) -> None:
    machine = adopted.api_tokens.issue(ApiTokenCreate(user=EVE, label="ci", expires_in=None))
    run_script(
        bare_database_url,
        "DELETE FROM users WHERE id = 3; "
        "INSERT INTO users (email, role) VALUES ('victim@example.com', 'admin')",
    )
    with pytest.raises(TokenInvalid):
        adopted.api_tokens.verify(machine.token)
    assert adopted.accounts.show("victim@example.com").role == "admin"


def test_a_migration_of_the_application_that_drops_triggers_is_noticed_and_made_good(
    tmp_path: Path, clock: FakeClock
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    (tmp_path / "x.db").touch()
    with open_engine(url) as engine:
        LOOSE.build(engine)
        adoption = adoption_on(engine, url, clock)
        adoption.adopt()
        assert token_trouble(engine) == []
        sql_on(engine)("DROP TRIGGER userctl_tokens_end")
        [trouble] = token_trouble(engine)
        assert "userctl_tokens_end is gone" in trouble
        assert told(adoption.adopt(), "step") == [("users", "id", [])]
        assert token_trouble(engine) == []


def test_an_identity_that_is_always_generated_can_be_restored(
    bare_postgres_url: str, clock: FakeClock
) -> None:
    with open_engine(bare_postgres_url) as engine:
        sql_on(engine)(
            "CREATE TABLE users (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "name text, email text NOT NULL, hashed_password varchar(256) NOT NULL)"
        )
        sql_on(engine)(
            "INSERT INTO users (name, email, hashed_password) VALUES (:name, :email, :hash)",
            name="x" * 300, email=EVE, hash="scrypt" * 40,
        )  # fmt: skip
        adoption_on(engine, bare_postgres_url, clock).adopt()
        program = Program(engine, clock)
        program.recycle_bin.delete([EVE])
        assert program.recycle_bin.restore(EVE).id == 1
        rows = sql_on(engine)("SELECT length(name), length(hashed_password) FROM users")
        assert rows == [(300, 240)]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("users", "hashed_password", "CAST(hashed_password AS BLOB)"),
        ("users", "name", "CAST('Bob' AS BLOB)"),
        ("users", "email", "CAST('x@example.com' AS BLOB)"),
        ("users", "role", "CAST('user' AS BLOB)"),
        ("refresh_tokens", "token", "CAST('abc' AS BLOB)"),
        ("refresh_tokens", "revoked", "7"),
        ("refresh_tokens", "expires_at", "'2030-01-05 00:00:00-08:00'"),
        ("refresh_tokens", "expires_at", "'2030-01-05T00:00:00.5+0530'"),
    ],
)
def test_values_that_sqlite_lets_an_application_store_stand_in_the_way(
    tmp_path: Path, clock: FakeClock, table: str, column: str, value: str
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    (tmp_path / "x.db").touch()
    with open_engine(url) as engine:
        LOOSE.build(engine)
        sql_on(engine)(f"UPDATE {table} SET {column} = {value} WHERE id = 1")
        problems = told(adoption_on(engine, url, clock).plan(), "problem")
        assert (table, column, [1]) in problems


@pytest.mark.parametrize("value", ["2030-01-05T00:00:00Z", "2030-01-05 00:00:00+00:00"])
def test_times_in_utc_do_not_stand_in_the_way(tmp_path: Path, clock: FakeClock, value: str) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    (tmp_path / "x.db").touch()
    with open_engine(url) as engine:
        LOOSE.build(engine)
        sql_on(engine)(f"UPDATE refresh_tokens SET expires_at = '{value}'")
        assert told(adoption_on(engine, url, clock).plan(), "problem") == []


def test_columns_that_pad_their_values_stand_in_the_way(
    bare_postgres_url: str, clock: FakeClock
) -> None:
    with open_engine(bare_postgres_url) as engine:
        sql_on(engine)(
            "CREATE TABLE users (id serial PRIMARY KEY, email text, hashed_password char(128))"
        )
        plan = adoption_on(engine, bare_postgres_url, clock).plan()
        assert ("users", "hashed_password", []) in told(plan, "problem")


def test_what_looks_like_a_hash_is_told_of_before_it_is_too_late(
    bare_engine: Engine, adoption: AdoptionService, run: Sql
) -> None:
    LOOSE.build(bare_engine)
    if bare_engine.dialect.name == "postgresql":
        run("ALTER TABLE refresh_tokens ALTER token TYPE text")
    run(f"UPDATE refresh_tokens SET token = '{'ab' * 32}' WHERE token = '{IN_CLEAR}'")
    warnings = [step for step in adoption.plan() if step.kind == "warning"]
    [hint] = [step for step in warnings if "--tokens-in-clear" in step.detail]
    assert (hint.table, hint.rows) == ("refresh_tokens", 1)


def test_what_depends_on_our_columns_is_named_when_they_shall_go(
    bare_database_url: str, home: Path
) -> None:
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "migrate").code == 0
    run_script(bare_database_url, "CREATE VIEW seen AS SELECT id, disabled_at FROM users")
    result = userctl("db", "downgrade", "0001", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (5, "constraint_violated")
    assert userctl("db", "migrate", "--check").code == 0


def test_a_view_with_the_name_of_our_table_is_no_bug(bare_database_url: str, home: Path) -> None:
    run_script(bare_database_url, "CREATE VIEW users AS SELECT 1 AS id")
    result = Userctl(home, bare_database_url)("db", "migrate", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "foreign_tables")


def test_alembic_of_the_application_leaves_alone_what_is_ours(
    adopted: Program, bare_engine: Engine
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    snippet = re.search(r"```python\n(  OURS = .*?)\n\n  context", readme, re.DOTALL)
    assert snippet is not None
    names: dict[str, Any] = {}
    exec(re.sub(r"^  ", "", snippet[1], flags=re.MULTILINE), names)
    theirs = MetaData()
    Table("users", theirs, Column("id", Integer, primary_key=True), Column("email", String(120)),
          Column("phone", String(20)))  # fmt: skip
    Table("refresh_tokens", theirs, Column("id", Integer, primary_key=True))
    Table("posts", theirs, Column("id", Integer, primary_key=True))
    Table("alembic_version", theirs, Column("version_num", String(32), primary_key=True))
    with bare_engine.connect() as connection:
        options = {"include_object": names["include_object"], "compare_type": False}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, theirs)
    told = repr(found)
    assert "'phone'" in told
    ours = {*{*TABLES} - {"users", "refresh_tokens"}, "userctl_version", "disabled_hash",
            "family_id", "uq_users_email", "ix_users_role"}  # fmt: skip
    assert [name for name in sorted(ours) if f"'{name}'" in told] == []
