"""What goes on on adopted tables: userctl, the application, and its Alembic."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table

from tests.integration.conftest import (
    NOW,
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    open_engine,
    sql_on,
    with_options,
)
from tests.integration.database.adoption.conftest import adoption_on, step_subjects
from tests.support.applications import (
    HASH,
    IN_CLEAR,
    LOOSE,
    STRICT,
    Application,
    run_script,
)
from tests.support.cli import Userctl
from userctl.core.errors import (
    DowngradeRefused,
    InvalidCredentials,
    TokenExpired,
    TokenInvalid,
    TokenReused,
    TokenRevoked,
)
from userctl.db.maintenance.inspection import find_token_problems
from userctl.db.schema.migrations import downgrade, upgrade
from userctl.db.schema.revisions import require_current, revisions
from userctl.models import TABLES
from userctl.schemas.database import PurgeOptions
from userctl.schemas.tokens import ApiTokenCreate, TokenQuery
from userctl.schemas.users import UserCreate, UserQuery
from userctl.services.database.adoption import AdoptionService


def test_the_accounts_of_an_application_can_be_worked_with(
    application: Application, adopted: Program, run: Sql, clock: FakeClock
) -> None:
    ada = adopted.users.show("ada@example.com")
    assert (ada.id, ada.created_at) == (1, datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    assert adopted.log_in("ada@example.com").user.id == 1
    created = adopted.users.create(
        UserCreate(email="new@example.com", name="New", password=PASSWORD)
    )
    assert created.created_at == adopted.users.show("new@example.com").created_at == NOW
    assert len(adopted.user_list.page(UserQuery()).items) == created.id
    adopted.user_status.disable("bob@example.com")
    with pytest.raises(InvalidCredentials):
        adopted.log_in("bob@example.com")
    adopted.user_status.enable("bob@example.com")
    adopted.log_in("bob@example.com")
    adopted.users.create(
        UserCreate(email="root@example.com", name="Root", role="admin", password=PASSWORD)
    )
    adopted.recycle_bin.delete(["1"])
    assert run("SELECT count(*) FROM refresh_tokens WHERE user_id = 1") == [(0,)]
    clock.advance(days=60)
    purged = adopted.purge.purge(PurgeOptions(older_than=timedelta(days=1), trust_clock=True))
    assert purged.remaining == 0
    assert run("SELECT count(*) FROM refresh_tokens") == [(0,)]
    assert adopted.audit.verify(None).events > 0


def test_an_adopted_token_works_once_and_begins_a_session(
    application: Application, adopted: Program, clock: FakeClock
) -> None:
    renewed = adopted.token_exchange.refresh(IN_CLEAR)
    assert renewed.user.email == "ada@example.com"
    assert renewed.session_expires_at == NOW + timedelta(days=30)
    adopted.token_verifier.verify(renewed.tokens.access_token)
    clock.advance(minutes=1)
    with pytest.raises(TokenReused):
        adopted.token_exchange.refresh(IN_CLEAR)
    with pytest.raises(TokenRevoked):
        adopted.token_exchange.refresh(renewed.tokens.refresh_token)


def test_an_adopted_token_expires_when_the_application_said(
    application: Application, adopted: Program, clock: FakeClock
) -> None:
    clock.advance(days=4)
    with pytest.raises(TokenExpired):
        adopted.token_exchange.refresh(IN_CLEAR)


def test_the_application_goes_on_with_its_own_statements(
    application: Application, adopted: Program, adoption: AdoptionService, run: Sql
) -> None:
    run(application.sign_up, email="Zoe@Example.com", hash=HASH)
    [(number,)] = run("SELECT id FROM users WHERE email = 'Zoe@Example.com'")
    run(application.log_in, token="another in clear", user=number)
    page = adopted.user_list.page(UserQuery()).items
    assert [(user.id, user.role) for user in page][-1] == (number, "user")
    tokens = adopted.token_list.page(TokenQuery()).items
    assert (tokens[-1].user_id, tokens[-1].state) == (number, "active")
    assert step_subjects(adoption.adopt(), "step") == [
        ("users", "email", [number]),
        ("refresh_tokens", "token", [int(tokens[-1].id)]),
    ]
    assert adopted.log_in("zoe@example.com").user.id == number
    assert adopted.token_exchange.refresh("another in clear").user.id == number
    run("UPDATE users SET name = 'Zoe' WHERE id = :id", id=number)
    run("DELETE FROM refresh_tokens WHERE user_id = :id", id=number)
    run("DELETE FROM users WHERE id = :id", id=number)
    assert run("SELECT version_num FROM alembic_version") == [("cafe",)]


def test_what_an_orm_sets_to_null_is_filled_in(
    loose: Application, adopted: Program, run: Sql
) -> None:
    run("UPDATE users SET role = NULL, created_at = NULL, hashed_password = NULL WHERE id = 2")
    bob = adopted.users.show("bob@example.com")
    assert (bob.role, bob.has_password) == ("user", False)
    assert not adopted.users.show("eve@example.com").has_password
    with pytest.raises(InvalidCredentials):
        adopted.log_in("eve@example.com")


def test_a_hash_that_an_application_sets_to_null_does_not_come_back(
    loose: Application, adopted: Program, run: Sql
) -> None:
    adopted.user_status.disable("2")
    run("UPDATE users SET hashed_password = NULL WHERE id = 2")
    assert not adopted.users.show("2").has_password
    adopted.user_status.disable("2")
    adopted.user_status.enable("2")
    assert not adopted.users.show("2").has_password
    with pytest.raises(InvalidCredentials):
        adopted.log_in("bob@example.com")


def test_a_hash_that_was_set_to_null_without_the_trigger_does_not_come_back(
    loose: Application, adopted: Program, adoption: AdoptionService, run: Sql
) -> None:
    adopted.user_status.disable("2")
    on = " ON users" if adopted.engine.dialect.name == "postgresql" else ""
    run(f"DROP TRIGGER userctl_fill_users{on}")
    run(f"DROP {'FUNCTION userctl_fill_users()' if on else 'TRIGGER userctl_fill_users_again'}")
    run("UPDATE users SET hashed_password = NULL WHERE id = 2")
    assert ("users", "hashed_password", [2]) in step_subjects(adoption.adopt(), "step")
    adopted.user_status.enable("2")
    assert not adopted.users.show("2").has_password


def test_a_foreign_hash_of_a_disabled_user_is_warned_of_when_tables_are_adopted_again(
    loose: Application, adopted: Program, adoption: AdoptionService, run: Sql
) -> None:
    run("UPDATE users SET hashed_password = 'scrypt:1' WHERE id = 2")
    adopted.user_status.disable("2")
    assert ("users", "hashed_password", []) in step_subjects(adoption.plan(), "warning")


def test_a_deleted_account_leaves_other_tables_of_the_application_to_their_own_rules(
    loose: Application, adopted: Program, run: Sql
) -> None:
    adopted.recycle_bin.delete(["2"])
    assert run("SELECT author FROM posts ORDER BY id") == [(1,), (None,)]


OWN_ALEMBIC = """
from alembic import context

with context.begin_transaction() if context.configure(
    connection=context.config.attributes["connection"]
) else context.begin_transaction():
    context.run_migrations()
"""
OWN_MIGRATION = """
from alembic import op
import sqlalchemy as sa

revision, down_revision = {revision!r}, {before!r}


def upgrade():
    {body}
"""


@pytest.fixture
def own_alembic(tmp_path: Path) -> Callable[[Engine], None]:
    """Bring an application to its own last migration with its own Alembic."""
    versions = tmp_path / "own" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").write_text(OWN_ALEMBIC)
    add = 'op.add_column("users", sa.Column("nickname", sa.String(20)))'
    for revision, before, body in (("cafe", None, "pass"), ("beef", "cafe", add)):
        text = OWN_MIGRATION.format(revision=revision, before=before, body=body)
        (versions / f"{revision}.py").write_text(text)

    def upgrade_own(engine: Engine) -> None:
        config = Config()
        config.set_main_option("script_location", str(versions.parent))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    return upgrade_own


def test_the_applications_own_alembic_goes_on(
    application: Application,
    adopted: Program,
    run: Sql,
    bare_engine: Engine,
    own_alembic: Callable[[Engine], None],
) -> None:
    own_alembic(bare_engine)
    assert run("SELECT version_num FROM alembic_version") == [("beef",)]
    assert run("SELECT nickname FROM users WHERE id = 1") == [(None,)]
    assert adopted.users.show("1").email == "ada@example.com"
    require_current(bare_engine)


def test_adopted_tables_can_be_taken_back_to_the_first_revision_and_are_never_dropped(
    application: Application, adopted: Program, bare_engine: Engine, run: Sql
) -> None:
    downgrade(bare_engine, "0001")
    with pytest.raises(DowngradeRefused, match="application"):
        downgrade(bare_engine, "base")
    run(application.sign_up, email="zoe@example.com", hash=HASH)
    upgrade(bare_engine)
    assert adopted.users.show("zoe@example.com").role == "user"


def test_times_without_a_zone_are_utc_whatever_the_server_says(bare_postgres_url: str) -> None:
    url = with_options(bare_postgres_url, TimeZone="Asia/Tokyo")
    with open_engine(url) as engine:
        LOOSE.build(engine)
        adoption_on(engine, url).adopt()
        program = Program(engine, FakeClock(datetime.now(UTC)))
        with psycopg.connect(url, autocommit=True) as application:
            application.execute("INSERT INTO users (email) VALUES ('zoe@example.com')")
        made = program.users.show("zoe@example.com").created_at
        assert abs(made - datetime.now(UTC)) < timedelta(hours=1)
        assert program.users.show("1").created_at.hour == 3
        ends = program.token_list.page(TokenQuery()).items[0].expires_at
        assert ends == datetime(2030, 1, 5, tzinfo=UTC)


def test_an_adopted_database_that_is_outdated_is_migrated(
    application: Application, adopted: Program, adoption: AdoptionService, bare_engine: Engine
) -> None:
    downgrade(bare_engine, "0002")
    assert ("userctl_version", revisions()[-1], []) in step_subjects(adoption.adopt(), "step")
    require_current(bare_engine)


def test_a_hash_of_any_length_can_be_put_aside(
    adoption: AdoptionService, bare_engine: Engine, run: Sql
) -> None:
    STRICT.build(bare_engine)
    long = "scrypt:32768:8:1$" + "s" * 145
    run("UPDATE users SET hashed_password = :long WHERE id = 2", long=long)
    warnings = step_subjects(adoption.adopt(), "warning")
    assert ("users", "hashed_password", []) in warnings
    program = Program(bare_engine, FakeClock())
    with pytest.raises(InvalidCredentials):
        program.log_in("bob@example.com")
    program.user_status.disable("2")
    program.user_status.enable("2")
    assert run("SELECT hashed_password FROM users WHERE id = 2") == [(long,)]


EVE = "eve@example.com"


def test_tokens_of_a_user_that_an_application_deletes_pass_to_no_other_user(
    loose: Application, adopted: Program, bare_database_url: str
) -> None:
    machine = adopted.api_tokens.issue(ApiTokenCreate(user=EVE, label="ci", expires_in=None))
    run_script(
        bare_database_url,
        "DELETE FROM users WHERE id = 3; "
        "INSERT INTO users (email, role) VALUES ('victim@example.com', 'admin')",
    )
    with pytest.raises(TokenInvalid):
        adopted.api_tokens.verify(machine.token)
    assert adopted.users.show("victim@example.com").role == "admin"


def test_a_migration_of_the_application_that_drops_triggers_is_noticed_and_made_good(
    tmp_path: Path, clock: FakeClock
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    (tmp_path / "x.db").touch()
    with open_engine(url) as engine:
        LOOSE.build(engine)
        adoption = adoption_on(engine, url, clock)
        adoption.adopt()
        assert find_token_problems(engine) == []
        sql_on(engine)("DROP TRIGGER userctl_tokens_end")
        [trouble] = find_token_problems(engine)
        assert "userctl_tokens_end, which adopted tables need, is missing" in trouble
        assert step_subjects(adoption.adopt(), "step") == [("users", "id", [])]
        assert find_token_problems(engine) == []


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
    loose: Application, adopted: Program, bare_engine: Engine
) -> None:
    page = (Path(__file__).parents[4] / "docs/how-to/adopt-tables.md").read_text()
    snippet = re.search(r"```python\n(OURS = .*?)\n\ncontext", page, re.DOTALL)
    assert snippet is not None
    names: dict[str, Any] = {}
    exec(snippet[1], names)
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
    step_subjects = repr(found)
    assert "'phone'" in step_subjects
    ours = {*{*TABLES} - {"users", "refresh_tokens"}, "userctl_version", "disabled_hash",
            "family_id", "uq_users_email", "ix_users_role"}  # fmt: skip
    assert [name for name in sorted(ours) if f"'{name}'" in step_subjects] == []
