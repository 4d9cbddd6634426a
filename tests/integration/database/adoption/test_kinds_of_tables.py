"""Kinds of tables: which can be adopted, and which the plan refuses. Never does it say too much."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import (
    PASSWORD,
    FakeClock,
    Program,
    open_engine,
    sql_on,
    with_options,
)
from tests.integration.database.adoption.conftest import adoption_on, step_subjects
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


@pytest.mark.parametrize("tables", STRICT)
def test_strict_tables_are_adopted_as_the_plan_says(
    sqlite_file: str, file_engine: Engine, clock: FakeClock, tables: str
) -> None:
    run_script(sqlite_file, STRICT[tables])
    adoption = adoption_on(file_engine, sqlite_file, clock)
    plan = adoption.plan()
    assert step_subjects(plan, "problem") == []
    assert adoption.adopt() == plan
    assert not step_subjects(adoption.plan(), "step")
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
    sql_on(file_engine)(
        "INSERT INTO users (email, hashed_password) VALUES ('eve@example.com', 'x')"
    )
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


COLUMNS = "email TEXT, hashed_password TEXT"
REFUSED_SQLITE = [
    (f"CREATE TABLE users (id INTEGER PRIMARY KEY, {COLUMNS}) WITHOUT ROWID", "id", "ROWID"),
    (f"CREATE TABLE users (id INTEGER PRIMARY KEY DESC, {COLUMNS})", "id", "DESC"),
    ("CREATE VIRTUAL TABLE users USING fts5(email, hashed_password)", "users", "kind virtual"),
    ("CREATE TABLE users (id INTEGER PRIMARY KEY, raw TEXT, email TEXT AS (lower(raw)), "
     "hashed_password TEXT)", "email", "generated"),
    (f"CREATE TABLE users (id INTEGER PRIMARY KEY, {COLUMNS}, extra ANY) STRICT; "
     "CREATE VIEW api_tokens AS SELECT 1", "api_tokens", "rename it"),
    ("CREATE TABLE users (id INTEGER PRIMARY KEY, email ANY, hashed_password TEXT) STRICT",
     "email", "type"),
]  # fmt: skip
SERIAL = f"CREATE TABLE users (id serial PRIMARY KEY, {COLUMNS})"
TOKENS = (
    "CREATE TABLE refresh_tokens (id serial PRIMARY KEY, token varchar(40), user_id integer, "
    "expires_at timestamptz)"
)
REFUSED_POSTGRESQL = [
    (f"CREATE TABLE users (id serial PRIMARY KEY, {COLUMNS}) PARTITION BY HASH (id)", "users",
     "partitioned"),
    (f"CREATE TABLE people (id serial PRIMARY KEY, {COLUMNS}) PARTITION BY HASH (id); "
     "CREATE TABLE users PARTITION OF people FOR VALUES WITH (MODULUS 1, REMAINDER 0)", "users",
     "the table is a partition"),
    (f"{SERIAL}; CREATE TABLE staff () INHERITS (users)", "users", "inherit"),
    (SERIAL.replace("TABLE", "UNLOGGED TABLE"), "users", "SET LOGGED"),
    ("CREATE TABLE users (id serial PRIMARY KEY, raw TEXT, hashed_password TEXT, "
     "email TEXT GENERATED ALWAYS AS (lower(raw)) STORED)", "email", "generated"),
    (f"{SERIAL}; {TOKENS}; CREATE VIEW seen AS SELECT token FROM refresh_tokens", "token",
     "view seen"),
    (f"{SERIAL}; {TOKENS}; ALTER TABLE refresh_tokens ADD length integer "
     "GENERATED ALWAYS AS (length(token)) STORED", "token", "length"),
    (f"{SERIAL}; {TOKENS}; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
     "$$ BEGIN RETURN NEW; END $$; CREATE TRIGGER t BEFORE UPDATE OF token ON refresh_tokens "
     "FOR EACH ROW EXECUTE FUNCTION f()", "token", "trigger t"),
    (f"{SERIAL}; {TOKENS}; CREATE POLICY p ON refresh_tokens USING (token <> '')", "token",
     "policy p"),
    (f"{SERIAL}; CREATE VIEW audit_events AS SELECT 1 AS one", "audit_events", "rename it"),
]  # fmt: skip
REFUSED = [("sqlite", *case) for case in REFUSED_SQLITE]
REFUSED += [("postgresql", *case) for case in REFUSED_POSTGRESQL]


@pytest.mark.parametrize(
    ("bare_database_url", "script", "subject", "detail"), REFUSED, indirect=["bare_database_url"]
)
def test_a_table_that_cannot_be_adopted_is_a_problem_of_the_plan(
    bare_database_url: str, bare_engine: Engine, script: str, subject: str, detail: str
) -> None:
    run_script(bare_database_url, script)
    adoption = adoption_on(bare_engine, bare_database_url)
    problems = [step for step in adoption.plan() if step.kind == "problem"]
    assert any(found.subject == subject and detail in found.detail for found in problems), problems
    with pytest.raises(AdoptionRefused):
        adoption.adopt()


@pytest.mark.parametrize(
    "name", ["uq_users_email", "userctl_something"], ids=["as we would call it", "another"]
)
def test_an_index_that_makes_some_addresses_unique_is_left_alone(
    bare_database_url: str, bare_engine: Engine, name: str
) -> None:
    kind = "serial" if bare_engine.dialect.name == "postgresql" else "INTEGER"
    run_script(
        bare_database_url,
        f"CREATE TABLE users (id {kind} PRIMARY KEY, {COLUMNS}, gone integer); "
        f"CREATE UNIQUE INDEX {name} ON users (email) WHERE gone IS NULL",
    )
    adoption = adoption_on(bare_engine, bare_database_url)
    plan = adoption.plan()
    assert adoption.adopt() == plan
    assert not step_subjects(adoption.plan(), "step")


@pytest.fixture
def foreign_role(bare_postgres_url: str) -> Iterator[str]:
    """The URL of the database for a role that owns nothing there."""
    drop = "DROP OWNED BY userctl_stranger; DROP ROLE userctl_stranger"
    run_script(bare_postgres_url, "CREATE ROLE userctl_stranger LOGIN")
    yield with_options(bare_postgres_url, role="userctl_stranger")
    run_script(bare_postgres_url, drop)


@pytest.mark.parametrize("granted", [True, False])
def test_a_table_of_another_role_is_a_problem_of_the_plan(
    bare_postgres_url: str, foreign_role: str, granted: bool
) -> None:
    run_script(bare_postgres_url, f"{SERIAL}; {TOKENS}")
    if granted:
        run_script(
            bare_postgres_url,
            "GRANT CREATE ON SCHEMA public TO userctl_stranger; "
            "GRANT ALL ON users, refresh_tokens TO userctl_stranger",
        )
    with open_engine(foreign_role) as engine:
        adoption = adoption_on(engine, foreign_role)
        problems = [step for step in adoption.plan() if step.kind == "problem"]
        details = " ".join(found.detail for found in problems)
        assert "only its owner can change it" in details
        assert ("cannot create tables in the schema public" in details) is not granted
        with pytest.raises(AdoptionRefused, match="only its owner"):
            adoption.adopt()


def test_a_member_of_the_owning_role_adopts_its_tables(
    bare_postgres_url: str, foreign_role: str, clock: FakeClock
) -> None:
    run_script(
        bare_postgres_url,
        f"{SERIAL}; CREATE ROLE userctl_owner; ALTER TABLE users OWNER TO userctl_owner; "
        "GRANT userctl_owner TO userctl_stranger; GRANT ALL ON SCHEMA public TO userctl_stranger",
    )
    try:
        with open_engine(foreign_role) as engine:
            adoption = adoption_on(engine, foreign_role)
            plan = adoption.plan()
            assert step_subjects(plan, "problem") == []
            assert adoption.adopt() == plan
    finally:
        run_script(
            bare_postgres_url, "DROP OWNED BY userctl_owner CASCADE; DROP ROLE userctl_owner"
        )
