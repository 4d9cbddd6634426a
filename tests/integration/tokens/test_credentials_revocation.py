"""Credentials end in the middle of being used, on both databases: nothing of them is left alive.

On PostgreSQL one of the two commits only when the other waits for it; on SQLite, where a writer is
alone, they go at the same moment.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, run_at_once
from tests.integration.users.test_concurrency import overlapping, refreshing
from userctl.core.errors import (
    AccountDisabled,
    InvalidCredentials,
    TokenRevoked,
    UserNotFound,
)
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.tokens import ApiTokenCreate, ApiTokenIssued, TokenQuery
from userctl.schemas.users import UserCreate

ADA = "ada@example.com"
CI = ApiTokenCreate(user=ADA, label="ci", expires_in=None)

Call = Callable[[Program], object]


@dataclass(frozen=True)
class Held:
    """An API token and a session that was started with it."""

    token: ApiTokenIssued
    session: Grant


Ending = Callable[[Program, Held], object]
ENDINGS: dict[str, Ending] = {
    "text of the session": lambda program, held: program.revocation.revoke_text(
        held.session.tokens.refresh_token
    ),
    "id of the token": lambda program, held: program.revocation.revoke([held.token.id]),
    "text of the token": lambda program, held: program.revocation.revoke_text(held.token.token),
    "tokens of the account": lambda program, _: program.revocation.revoke_matching(
        TokenQuery(user=ADA, kind="api")
    ),
    "tokens of all": lambda program, _: program.revocation.revoke_matching(TokenQuery(kind="api")),
    "disable": lambda program, _: program.user_status.disable(ADA),
}
OF_THE_TOKEN = {name: end for name, end in ENDINGS.items() if "session" not in name}


def handed_out(program: Program) -> Held:
    """Create the account of what somebody then holds."""
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    token = program.api_tokens.issue(CI)
    return Held(token, log_in_with(program, token))


@pytest.fixture
def held(program: Program) -> Held:
    return handed_out(program)


@pytest.fixture
def postgres_program(postgres_engine: Engine) -> Program:
    return Program(postgres_engine, FakeClock())


def log_in_with(program: Program, token: ApiTokenIssued) -> Grant:
    """Start a session with an API token."""
    return program.log_in_with("api-token", Credentials(secret=token.token))


def race(url: str, first: Call, second: Call) -> list[object]:
    """Let the second call begin while the first is under way; return what became of both."""
    if url.startswith("postgresql"):
        return overlapping(url, first, second)
    return run_at_once(url, first, second)


def active(program: Program, **query: str) -> list[str]:
    """Return the ids of the tokens that still work."""
    wanted = TokenQuery.model_validate({"state": "active", **query})
    return [token.id for token in program.token_list.stream(wanted)]


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_session_that_is_ended_while_it_is_refreshed_has_no_live_token(
    database_url: str, program: Program, held: Held, end: Ending
) -> None:
    outcomes = race(
        database_url,
        refreshing(held.session.tokens.refresh_token),
        lambda other: end(other, held),
    )
    assert isinstance(outcomes[0], (Grant, TokenRevoked, AccountDisabled))
    assert not isinstance(outcomes[1], Exception)
    assert active(program, kind="refresh") == []


@pytest.mark.parametrize("end", OF_THE_TOKEN.values(), ids=OF_THE_TOKEN.keys())
def test_a_session_that_begins_while_its_credential_ends_is_not_alive(
    database_url: str, program: Program, held: Held, end: Ending
) -> None:
    calls: list[Call] = [
        lambda other: log_in_with(other, held.token),
        lambda other: end(other, held),
    ]
    race(database_url, *calls)
    assert active(program, kind="refresh") == []


@pytest.mark.parametrize("end", OF_THE_TOKEN.values(), ids=OF_THE_TOKEN.keys())
def test_no_session_begins_once_its_credential_is_being_ended(
    postgres_url: str, postgres_program: Program, end: Ending
) -> None:
    held = handed_out(postgres_program)
    outcomes = overlapping(
        postgres_url,
        lambda other: end(other, held),
        lambda other: log_in_with(other, held.token),
    )
    assert isinstance(outcomes[1], (TokenRevoked, AccountDisabled))
    assert active(postgres_program, kind="refresh") == []


LOCKOUTS: dict[str, Call] = {
    "disable": lambda program: program.user_status.disable(ADA),
    "change password": lambda program: program.user_passwords.set_password(
        ADA, "battery staple 88"
    ),
    "delete": lambda program: program.recycle_bin.delete([ADA]),
}


@pytest.mark.parametrize("lock_out", LOCKOUTS.values(), ids=LOCKOUTS.keys())
def test_no_session_begins_with_a_password_that_is_being_taken_away(
    postgres_url: str, postgres_program: Program, lock_out: Call
) -> None:
    postgres_program.users.create(UserCreate(email=ADA, password=PASSWORD))
    outcomes = overlapping(postgres_url, lock_out, lambda other: other.log_in(ADA))
    assert isinstance(outcomes[1], InvalidCredentials)
    assert active(postgres_program) == []


def test_no_token_is_issued_for_an_account_that_is_being_deleted(
    postgres_url: str, postgres_program: Program
) -> None:
    postgres_program.users.create(UserCreate(email=ADA))
    outcomes = overlapping(
        postgres_url, LOCKOUTS["delete"], lambda other: other.api_tokens.issue(CI)
    )
    assert isinstance(outcomes[1], UserNotFound)
