"""Kinds of tables: which can be adopted, and which the plan refuses. Never does it say too much."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, open_engine, sql_on
from tests.integration.database.adoption.conftest import adoption_on, everything, told
from tests.support.applications import HASH, IN_CLEAR, run_script
from userctl.core.errors import AdoptionRefused
from userctl.db.schema.migrations import downgrade, upgrade
from userctl.db.schema.revisions import require_current
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate

STRICT_USERS = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, hashed_password TEXT{more}) STRICT;"
    f"INSERT INTO users (email, hashed_password) VALUES ('Ada@Example.com', '{HASH}'), "
    f"('bob@example.com', '{HASH}');"
)
STRICT_TOKENS = (
    "CREATE TABLE refresh_tokens (id INTEGER PRIMARY KEY, token TEXT, user_id INT, "
    "expires_at TEXT{more}) STRICT;"
    f"INSERT INTO refresh_tokens (token, user_id, expires_at) VALUES ('{IN_CLEAR}', 1, "
    "'2030-01-05 00:00:00');"
)
WHOLE = ", name TEXT, role TEXT, created_at TEXT, updated_at TEXT"
STRICT = {
    "both with few columns": STRICT_USERS.format(more="") + STRICT_TOKENS.format(more=""),
    "both with all columns": STRICT_USERS.format(more=WHOLE)
    + STRICT_TOKENS.format(more=", revoked INTEGER, created_at TEXT, updated_at TEXT"),
    "users alone": STRICT_USERS.format(more=""),
    "tokens that are not": STRICT_USERS.format(more="")
    + STRICT_TOKENS.format(more="").replace(") STRICT", ")"),
}


@pytest.fixture
def sqlite_file(tmp_path: Path) -> str:
    (tmp_path / "x.db").touch()
    return f"sqlite:///{tmp_path / 'x.db'}"


@pytest.fixture
def file_engine(sqlite_file: str) -> Iterator[Engine]:
    with open_engine(sqlite_file) as engine:
        yield engine


@pytest.mark.parametrize("tables", STRICT)
def test_strict_tables_are_adopted_as_the_plan_says(
    sqlite_file: str, file_engine: Engine, clock: FakeClock, tables: str
) -> None:
    run_script(sqlite_file, STRICT[tables])
    adoption = adoption_on(file_engine, sqlite_file, clock)
    plan = adoption.plan()
    assert told(plan, "problem") == []
    assert adoption.adopt() == plan
    assert not told(adoption.plan(), "step")
    require_current(file_engine)
    program = Program(file_engine, clock)
    program.log_in("ada@example.com")
    program.users.create(UserCreate(email="new@example.com", password=PASSWORD))
    program.user_status.disable("1")
    program.recycle_bin.delete(["1"])
    restored = program.recycle_bin.restore("1")
    assert (restored.status, restored.has_password) == ("disabled", True)
    program.user_status.enable("1")
    program.user_passwords.require_change("1")
    program.api_tokens.issue(ApiTokenCreate(user="2", label="ci", expires_in=None))
    sql_on(file_engine)("INSERT INTO users (email, hashed_password) VALUES ('eve@example.com', 'x')")
    assert program.users.show("eve@example.com").role == "user"
    program.recycle_bin.delete(["2"], hard=True)


def test_strict_tables_can_be_downgraded_and_upgraded_again(
    sqlite_file: str, file_engine: Engine, clock: FakeClock
) -> None:
    run_script(sqlite_file, STRICT["both with few columns"])
    adoption_on(file_engine, sqlite_file, clock).adopt()
    downgrade(file_engine, "0001")
    upgrade(file_engine)
    assert Program(file_engine, clock).users.show("ada@example.com").id == 1
