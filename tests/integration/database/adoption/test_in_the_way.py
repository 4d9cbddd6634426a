"""What of an application stands in the way of an adoption, and what does not."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import (
    FakeClock,
    Sql,
    open_engine,
    sql_on,
)
from tests.integration.database.adoption.conftest import (
    adoption_on,
    database_contents,
    step_subjects,
)
from tests.support.applications import (
    HASH,
    IN_CLEAR,
    LOOSE,
    Application,
    run_script,
)
from userctl.core.errors import (
    AdoptionRefused,
    ChangeIgnored,
)
from userctl.db.schema.revisions import require_current
from userctl.services.database.adoption import AdoptionService


def test_addresses_that_would_become_the_same_are_listed_and_nothing_is_merged(
    application: Application, adoption: AdoptionService, run: Sql, bare_engine: Engine
) -> None:
    for email in ("ada@EXAMPLE.com", "aDa@example.com", "BOB@example.com"):
        run(application.sign_up, email=email, hash=HASH)
    [(last,)] = run("SELECT max(id) FROM users")
    before = database_contents(bare_engine)
    problems = [step for step in adoption.plan() if step.kind == "problem"]
    assert {step.detail.rpartition(" ")[2]: step.ids for step in problems} == {
        "ada@example.com": [1, last - 2, last - 1],
        "bob@example.com": [2, last],
    }
    with pytest.raises(AdoptionRefused, match="2 problems"):
        adoption.adopt()
    assert database_contents(bare_engine) == before


def test_addresses_that_several_accounts_have_as_they_are_are_listed(
    loose: Application, adoption: AdoptionService, run: Sql
) -> None:
    run("DROP INDEX ix_users_email")
    run("INSERT INTO users (email) VALUES ('bob@example.com')")
    assert step_subjects(adoption.plan(), "problem") == [("users", "email", [2, 4])]
    run("DELETE FROM users WHERE id = 4")
    adoption.adopt()
    assert not step_subjects(adoption.plan(), "step")


def test_what_is_no_address_is_listed(
    application: Application, adoption: AdoptionService, run: Sql
) -> None:
    run("UPDATE users SET email = 'b o b@\x1b[2J' WHERE id = 2")
    [found] = [step for step in adoption.plan() if step.kind == "problem"]
    assert (found.subject, found.ids) == ("email", [2])
    assert "\\x1b" in found.detail


BOTH = [
    ("ALTER TABLE users RENAME COLUMN hashed_password TO password_hash", "hashed_password"),
    ("ALTER TABLE refresh_tokens RENAME COLUMN expires_at TO ends_at", "expires_at"),
    ("ALTER TABLE users ADD COLUMN origin INTEGER NOT NULL DEFAULT 1", None),
    ("ALTER TABLE users ADD COLUMN disabled_at INTEGER", "disabled_at"),
    ("ALTER TABLE refresh_tokens ADD COLUMN scope TEXT", "scope"),
    ("CREATE TABLE audit_events (id INTEGER)", "audit_events"),
    ("CREATE INDEX ix_users_role ON users (role)", None),
    ("CREATE INDEX ix_users_role ON users (name)", "ix_users_role"),
    ("CREATE UNIQUE INDEX ix_users_role ON users (role)", "ix_users_role"),
    ("CREATE INDEX ix_api_tokens_user_id ON posts (author)", "ix_api_tokens_user_id"),
    ("UPDATE users SET email = NULL WHERE id = 1", "email"),
    ("UPDATE refresh_tokens SET token = NULL", "token"),
    ("UPDATE refresh_tokens SET user_id = NULL", "user_id"),
    ("UPDATE refresh_tokens SET expires_at = NULL", "expires_at"),
    ("INSERT INTO refresh_tokens (token, user_id, expires_at) "
     "SELECT token, user_id, expires_at FROM refresh_tokens", "token"),
]  # fmt: skip
SQLITE = [
    ("UPDATE users SET created_at = 1700000000 WHERE id = 2", "created_at"),
    ("UPDATE users SET created_at = 'yesterday' WHERE id = 2", "created_at"),
    ("UPDATE users SET email = x'ff' WHERE id = 1", "email"),
    ("UPDATE refresh_tokens SET token = x'ff'", "token"),
    ("UPDATE refresh_tokens SET revoked = 'no'", "revoked"),
    ("ALTER TABLE users RENAME TO old; CREATE TABLE users (id BIGINT PRIMARY KEY, email TEXT, "
     "hashed_password TEXT)", "id"),
    ("ALTER TABLE users RENAME TO old; CREATE TABLE users (id CHAR(36) PRIMARY KEY, email TEXT, "
     "hashed_password TEXT)", "id"),
    ("ALTER TABLE users RENAME TO old; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, "
     "hashed_password TEXT, username TEXT NOT NULL)", "username"),
    ("DELETE FROM users WHERE id = 1", "user_id"),
]  # fmt: skip
POSTGRESQL = [
    ("UPDATE users SET created_at = 'infinity' WHERE id = 2", "created_at"),
    ("ALTER TABLE users ALTER created_at TYPE bigint USING 0", "created_at"),
    ("CREATE TYPE kind AS ENUM ('admin'); ALTER TABLE users ALTER role TYPE kind "
     "USING role::kind", "role"),
    ("ALTER TABLE users ALTER id DROP DEFAULT", "id"),
    ("ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE", "id"),
    ("ALTER TABLE users ADD username TEXT NOT NULL DEFAULT ''; "
     "ALTER TABLE users ALTER username DROP DEFAULT", "username"),
    ("ALTER TABLE users ADD key BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY", None),
    ("ALTER TABLE refresh_tokens ALTER revoked TYPE integer USING 0", "revoked"),
    ("ALTER TABLE refresh_tokens DROP CONSTRAINT refresh_tokens_user_id_fkey; "
     "DELETE FROM users WHERE id = 1", "user_id"),
    ("ALTER TABLE users ALTER hashed_password TYPE VARCHAR(20) USING ''", "hashed_password"),
    ("ALTER TABLE refresh_tokens DROP CONSTRAINT refresh_tokens_user_id_fkey; "
     "DROP TABLE posts; ALTER TABLE users ALTER id DROP DEFAULT, ALTER id TYPE uuid "
     "USING gen_random_uuid()", "id"),
]  # fmt: skip
CASES = [("sqlite", *case) for case in BOTH + SQLITE]
CASES += [("postgresql", *case) for case in BOTH + POSTGRESQL]


@pytest.mark.parametrize(
    ("bare_database_url", "script", "subject"), CASES, indirect=["bare_database_url"]
)
def test_what_stands_in_the_way_is_named_and_nothing_is_changed(
    loose: Application,
    bare_database_url: str,
    script: str,
    subject: str | None,
    adoption: AdoptionService,
    bare_engine: Engine,
) -> None:
    bare_engine.dispose()
    run_script(bare_database_url, script)
    before = database_contents(bare_engine)
    problems = step_subjects(adoption.plan(), "problem")
    if subject is None:
        assert problems == []
        adoption.adopt()
        assert not step_subjects(adoption.plan(), "step")
        return
    assert subject in {name for _, name, _ in problems}
    with pytest.raises(AdoptionRefused, match=f"{subject}: "):
        adoption.adopt()
    assert database_contents(bare_engine) == before


def test_a_step_that_the_database_refuses_changes_nothing(
    adoption: AdoptionService, bare_postgres_url: str
) -> None:
    with open_engine(bare_postgres_url) as engine:
        LOOSE.build(engine)
        run_script(
            bare_postgres_url,
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'ask the DBA first'; END $$; "
            "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE') "
            "EXECUTE FUNCTION refuse()",
        )
        before = database_contents(engine)
        with pytest.raises(AdoptionRefused, match="ask the DBA first"):
            adoption_on(engine, bare_postgres_url).adopt()
        assert database_contents(engine) == before


def test_checks_that_an_application_leaves_for_later_are_no_hindrance(
    bare_postgres_url: str,
) -> None:
    with open_engine(bare_postgres_url) as engine:
        LOOSE.build(engine)
        run_script(
            bare_postgres_url,
            "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id) "
            "DEFERRABLE INITIALLY DEFERRED; ALTER TABLE refresh_tokens ADD FOREIGN KEY (user_id) "
            "REFERENCES users (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
        )
        adoption_on(engine, bare_postgres_url).adopt()
        require_current(engine)


def test_refresh_tokens_without_accounts_are_refused(adoption: AdoptionService, run: Sql) -> None:
    run("CREATE TABLE refresh_tokens (id INTEGER)")
    with pytest.raises(AdoptionRefused, match="users"):
        adoption.adopt()


def test_roles_that_are_not_configured_are_told(
    loose: Application, adoption: AdoptionService, run: Sql
) -> None:
    run("UPDATE users SET role = 'member' WHERE id = 2")
    [warning] = [s for s in adoption.plan() if (s.kind, s.subject) == ("warning", "role")]
    assert warning.detail.endswith(": member")


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
        problems = step_subjects(adoption_on(engine, url, clock).plan(), "problem")
        assert (table, column, [1]) in problems


@pytest.mark.parametrize("value", ["2030-01-05T00:00:00Z", "2030-01-05 00:00:00+00:00"])
def test_times_in_utc_do_not_stand_in_the_way(tmp_path: Path, clock: FakeClock, value: str) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    (tmp_path / "x.db").touch()
    with open_engine(url) as engine:
        LOOSE.build(engine)
        sql_on(engine)(f"UPDATE refresh_tokens SET expires_at = '{value}'")
        assert step_subjects(adoption_on(engine, url, clock).plan(), "problem") == []


def test_columns_that_pad_their_values_stand_in_the_way(
    bare_postgres_url: str, clock: FakeClock
) -> None:
    with open_engine(bare_postgres_url) as engine:
        sql_on(engine)(
            "CREATE TABLE users (id serial PRIMARY KEY, email text, hashed_password char(128))"
        )
        plan = adoption_on(engine, bare_postgres_url, clock).plan()
        assert ("users", "hashed_password", []) in step_subjects(plan, "problem")


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


@pytest.mark.parametrize("table", ["users", "refresh_tokens"])
def test_an_update_that_a_trigger_ignores_changes_nothing(
    loose: Application, adoption: AdoptionService, bare_engine: Engine, run: Sql, table: str
) -> None:
    if bare_engine.dialect.name == "sqlite":
        run(f"CREATE TRIGGER soft BEFORE UPDATE ON {table} BEGIN SELECT RAISE(IGNORE); END")
    else:
        run("CREATE FUNCTION soft() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$")  # fmt: skip
        run(f"CREATE TRIGGER soft BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION soft()")
    before = database_contents(bare_engine)
    with pytest.raises(ChangeIgnored, match=table):
        adoption.adopt()
    assert database_contents(bare_engine) == before


def test_names_that_an_import_rejects_are_warned_of(
    loose: Application, adoption: AdoptionService, run: Sql
) -> None:
    for number, name in ((1, "A" * 101), (2, "B\u202eob"), (3, "Zoë")):
        run("UPDATE users SET name = :name WHERE id = :id", name=name, id=number)
    found = [step for step in adoption.plan() if (step.kind, step.subject) == ("warning", "name")]
    assert [(step.rows, step.detail.rpartition(": ")[2]) for step in found] == [(2, "1, 2")]
    assert adoption.adopt()
