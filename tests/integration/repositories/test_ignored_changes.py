"""Triggers of an application that ignore a change without an error, as for a "soft delete"."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, AddTrigger, FakeClock, Program, Sql, sql_on
from userctl.core.errors import ChangeIgnored
from userctl.db.schema.migrations import downgrade
from userctl.db.schema.revisions import require_current
from userctl.schemas.credentials import Credentials
from userctl.schemas.database import PurgeOptions
from userctl.schemas.tokens import ApiTokenCreate, TokenQuery
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserUpdate

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"


@pytest.fixture
def busy(program: Program, sql: Sql) -> Program:
    """A program with users in every state, sessions and tokens."""
    for email in (ADA, BOB, EVE):
        program.users.create(UserCreate(email=email, password=PASSWORD))
    program.api_tokens.issue(ApiTokenCreate(user=ADA, label="ci", expires_in=timedelta(days=1)))
    program.recycle_bin.delete([EVE])
    return program


Act = Callable[[Program], Any]


def log_in(program: Program) -> Any:
    return program.log_in(ADA)


def load(*records: dict[str, str], on_conflict: Any = "error") -> Act:
    found = [FileRecord(n, tuple(r), tuple(r.values())) for n, r in enumerate(records, 1)]

    def act(program: Program) -> Any:
        program._clock.advance(seconds=1)
        return program.user_import.load(found, on_conflict=on_conflict)

    return act


def purge(program: Program) -> Any:
    program._clock.advance(days=90)
    return program.purge.purge(PurgeOptions(older_than=timedelta(), trust_clock=True))


CASES: list[tuple[str, str, Act]] = [
    ("DELETE", "users", lambda p: p.recycle_bin.delete([BOB])),
    ("DELETE", "users", lambda p: p.recycle_bin.delete([BOB], hard=True)),
    ("DELETE", "refresh_tokens", lambda p: p.recycle_bin.delete([ADA])),
    ("DELETE", "api_tokens", lambda p: p.recycle_bin.delete([ADA])),
    ("DELETE", "deleted_users", lambda p: p.recycle_bin.restore(EVE)),
    ("DELETE", "deleted_users", lambda p: p.recycle_bin.delete([EVE], hard=True)),
    ("DELETE", "refresh_tokens", purge),
    ("DELETE", "api_tokens", purge),
    ("INSERT", "users", lambda p: p.users.create(UserCreate(email="new@example.com"))),
    ("INSERT", "users", lambda p: p.recycle_bin.restore(EVE)),
    ("INSERT", "users", load({"email": "one@example.com"}, {"email": "two@example.com"})),
    ("INSERT", "deleted_users", lambda p: p.recycle_bin.delete([BOB])),
    ("INSERT", "refresh_tokens", log_in),
    ("INSERT", "audit_events", lambda p: p.user_status.disable(BOB)),
    ("INSERT", "login_throttles", log_in),
    (
        "INSERT",
        "api_tokens",
        lambda p: p.api_tokens.issue(ApiTokenCreate(user=ADA, label="x", expires_in=None)),
    ),
    ("UPDATE", "users", lambda p: p.users.update(BOB, UserUpdate(name="Bob"))),
    ("UPDATE", "users", lambda p: p.user_status.disable(BOB)),
    ("UPDATE", "users", lambda p: p.user_passwords.set_password(BOB, "another horse 78")),
    ("UPDATE", "users", load({"email": BOB, "name": "Bob"}, on_conflict="update")),
    ("UPDATE", "refresh_tokens", lambda p: p.revocation.revoke_matching(TokenQuery())),
    ("UPDATE", "refresh_tokens", lambda p: p.user_status.disable(ADA)),
    ("UPDATE", "api_tokens", lambda p: p.revocation.revoke(["api-1"])),
]


@pytest.mark.parametrize(("event", "table", "act"), CASES)
def test_a_change_that_a_trigger_ignores_is_an_error_and_changes_nothing(
    busy: Program, add_trigger: AddTrigger, sql: Sql, event: str, table: str, act: Act
) -> None:
    busy.log_in(ADA)
    everything = [f"SELECT count(*) FROM {name}" for name in ("users", "deleted_users",
                  "refresh_tokens", "api_tokens", "audit_events")]  # fmt: skip
    before = [sql(query) for query in everything]
    add_trigger(event, table)
    with pytest.raises(ChangeIgnored, match=f"{event}.* {table}"):
        act(busy)
    after = [sql(query) for query in everything]
    # A purge may have deleted the tokens of the other kind, and a login is charged at once.
    assert after == before or act is purge


def test_a_deletion_of_which_a_trigger_ignores_a_part_is_an_error(
    busy: Program, add_trigger: AddTrigger, sql: Sql
) -> None:
    busy.log_in(ADA)
    busy.log_in(ADA)
    add_trigger("DELETE", "refresh_tokens", "OLD.id = 1")
    with pytest.raises(ChangeIgnored):
        purge(busy)
    with pytest.raises(ChangeIgnored):
        busy.recycle_bin.delete([ADA])
    assert sql("SELECT count(*) FROM users") == [(2,)]


def test_an_exchange_that_a_trigger_ignores_leaves_the_old_token_valid(
    busy: Program, engine: Engine, add_trigger: AddTrigger, sql: Sql
) -> None:
    token = busy.log_in(ADA).tokens.refresh_token
    add_trigger("UPDATE", "refresh_tokens")
    with pytest.raises(ChangeIgnored):
        busy.token_exchange.refresh(token)
    assert sql("SELECT count(*) FROM refresh_tokens") == [(1,)]
    sql("DROP TRIGGER soft" + (" ON refresh_tokens" if engine.dialect.name != "sqlite" else ""))
    assert busy.token_exchange.refresh(token)


def test_an_api_token_whose_use_cannot_be_recorded_is_an_error(
    busy: Program, add_trigger: AddTrigger
) -> None:
    issued = busy.api_tokens.issue(ApiTokenCreate(user=ADA, label="x", expires_in=None))
    add_trigger("UPDATE", "api_tokens")
    with pytest.raises(ChangeIgnored):
        busy.log_in_with("api-token", Credentials(secret=issued.token))


def test_a_downgrade_that_a_trigger_ignores_is_an_error(
    busy: Program, engine: Engine, add_trigger: AddTrigger
) -> None:
    add_trigger("UPDATE", "userctl_version")
    with pytest.raises(ChangeIgnored, match="userctl_version"):
        downgrade(engine, "0007")
    require_current(engine)
    busy.users.show(ADA)


def test_a_rule_is_noticed_like_a_trigger(postgres_engine: Engine, clock: FakeClock) -> None:
    program, sql = Program(postgres_engine, clock), sql_on(postgres_engine)
    program.users.create(UserCreate(email=BOB, password=PASSWORD))
    sql(
        "CREATE RULE soft AS ON DELETE TO users DO INSTEAD UPDATE users SET role = 'gone' "
        "WHERE id = OLD.id"
    )
    try:
        with pytest.raises(ChangeIgnored):
            program.recycle_bin.delete([BOB])
    finally:
        sql("DROP RULE soft ON users")
    assert program.users.show(BOB).role == "user"


def test_tokens_that_have_no_readable_end_are_revoked_too(
    busy: Program, engine: Engine, sql: Sql
) -> None:
    busy.log_in(ADA)
    end = "'infinity'" if engine.dialect.name == "postgresql" else "'soon'"
    sql(f"UPDATE refresh_tokens SET expires_at = {end}")
    busy.user_status.disable(ADA)
    assert sql("SELECT count(*) FROM refresh_tokens WHERE NOT revoked") == [(0,)]
