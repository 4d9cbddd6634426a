"""Connections that are lost while the driver runs a statement of a refresh or a verification."""

from collections.abc import Iterator
from logging import INFO
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import ProgrammingError

from tests.integration.conftest import FakeClock, Program, Sql, sql_on
from userctl.core.errors import DatabaseUnreachable
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate

DIE_BEFORE_AN_UPDATE = (
    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
    "CREATE TRIGGER dies BEFORE UPDATE ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION die()",
)
# The pool would tell of a connection that it cannot roll back, and a service prints what is logged.
pytestmark = pytest.mark.usefixtures("nothing_logged")
STORED = "SELECT id, revoked, used_at FROM refresh_tokens"


@pytest.fixture
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert not [record for record in caplog.get_records("call") if record.levelno > INFO]


def log_in(program: Program) -> Grant:
    """Create a user and start a session."""
    created = program.users.create(UserCreate(email="ada@example.com", password="correct horse 77"))
    return program.log_in(created.email)


def test_a_refresh_whose_server_process_dies_changes_nothing_and_can_be_repeated(
    postgres_engine: Engine, clock: FakeClock
) -> None:
    program, sql = Program(postgres_engine, clock), sql_on(postgres_engine)
    token = log_in(program).tokens.refresh_token
    before = sql(STORED)
    for statement in DIE_BEFORE_AN_UPDATE:
        sql(statement)
    with pytest.raises(DatabaseUnreachable):
        program.token_exchange.refresh(token)
    assert sql(STORED) == before
    sql("DROP TRIGGER dies ON refresh_tokens")
    assert program.token_exchange.refresh(token).tokens.refresh_token


def test_a_refresh_whose_connection_is_closed_changes_nothing_and_can_be_repeated(
    engine: Engine, program: Program, sql: Sql
) -> None:
    grant = log_in(program)
    before, digest = sql(STORED), _digest(sql)

    def refresh_and_lose_the_connection() -> None:
        with program.database.writing() as uow:
            user, token = uow.token_exchange.lock_owner(digest) or (None, None)
            assert user
            uow.token_exchange.add(**_successor_of(token))
            driver: Any = uow.connection.connection.driver_connection
            driver.close()
            uow.token_exchange.mark_used(token.id, grant.session_expires_at)

    # Only a fault of userctl closes a connection to a file, so that SQLAlchemy's error stays.
    with pytest.raises((DatabaseUnreachable, ProgrammingError)):
        refresh_and_lose_the_connection()
    assert sql(STORED) == before
    assert program.token_exchange.refresh(grant.tokens.refresh_token).tokens.refresh_token


def test_a_verification_whose_server_process_dies_is_unreachable_and_can_be_repeated(
    postgres_engine: Engine, clock: FakeClock
) -> None:
    program, sql = Program(postgres_engine, clock), sql_on(postgres_engine)
    token = log_in(program).tokens.access_token

    armed = [True]

    def die(connection: Any, *_: object) -> None:
        if not armed:
            return
        armed.clear()
        sql(f"SELECT pg_terminate_backend({connection.info.backend_pid}, 5000)")

    event.listen(postgres_engine, "checkout", die)
    with pytest.raises(DatabaseUnreachable):
        program.token_verifier.verify(token)
    assert program.token_verifier.verify(token).user.email == "ada@example.com"


def _digest(sql: Sql) -> str:
    return str(sql("SELECT token FROM refresh_tokens")[0][0])


def _successor_of(token: Any) -> dict[str, Any]:
    names = ("user_id", "expires_at", "family_id")
    times = dict.fromkeys(("created_at", "updated_at"), token.family_started_at)
    return {"token": "0" * 64, **times, **{name: getattr(token, name) for name in names}}
