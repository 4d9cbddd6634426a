"""Listing and ending the sessions of users, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, Sql, sql_on
from userctl.core.actor import machine_user
from userctl.core.errors import InvalidInput, SessionNotFound
from userctl.schemas.audit import AuditQuery
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant, SessionQuery, UserSessionRead
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate, UserCreated

FROM_PHONE = Credentials(
    identity="ada@example.com", secret=PASSWORD, source="192.0.2.1", client="phone"
)


def sessions(program: Program, **query: object) -> list[UserSessionRead]:
    """Return the sessions that a query asks for."""
    return list(program.session_list.page(SessionQuery.model_validate(query)).items)


def events(program: Program, tag: str) -> list[tuple[str | None, dict[str, object]]]:
    """Return the targets and the details of the events with a tag."""
    found = program.audit.page(AuditQuery(tag=tag)).items
    return [(event.target, event.detail) for event in found]


def test_a_session_is_one_record_however_often_it_is_refreshed(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    grant = program.log_in_with("password", FROM_PHONE)
    [fresh] = sessions(program)
    for _ in range(2):
        clock.advance(hours=1)
        grant = program.token_exchange.refresh(grant.tokens.refresh_token)
    [session] = sessions(program)
    assert (session.started_at, session.last_refresh_at) == (NOW, NOW + timedelta(hours=2))
    assert fresh.last_refresh_at is None
    assert (session.method, session.source, session.client) == ("password", "192.0.2.1", "phone")
    assert (session.email, session.state, session.token) == (ada.email, "active", "3")
    assert session.ends_at == NOW + timedelta(days=30)
    assert session.expires_at == NOW + timedelta(days=7, hours=2)
    assert session.access_tokens_valid_until == NOW + timedelta(hours=3)
    assert session.id == fresh.id
    assert session.id.startswith(session.short_id)


def test_a_session_of_this_host_says_so_and_one_of_a_machine_names_its_token(
    program: Program, ada: UserCreated, grant: Grant
) -> None:
    token = program.api_tokens.issue(
        ApiTokenCreate(user="1", label="ci", scope=("read",), expires_in=timedelta(days=1))
    ).token
    program.log_in_with("api-token", Credentials(secret=token))
    person, machine = sessions(program)
    assert (person.source, person.client, person.origin) == (machine_user(), None, None)
    assert (machine.method, machine.origin, machine.scope) == ("api-token", "api-1", ["read"])
    assert machine.ends_at == NOW + timedelta(days=1)


def test_a_start_is_remembered_when_the_first_tokens_are_purged(
    program: Program, grant: Grant, clock: FakeClock, sql: Sql
) -> None:
    clock.advance(hours=1)
    grant = program.token_exchange.refresh(grant.tokens.refresh_token)
    clock.advance(hours=1)
    program.token_exchange.refresh(grant.tokens.refresh_token)
    sql("DELETE FROM refresh_tokens WHERE id = 1")
    assert sessions(program)[0].started_at == NOW
    # One from before revision 0008 began no later than its first token that is left.
    sql("UPDATE refresh_tokens SET family_started_at = NULL")
    assert sessions(program)[0].started_at == NOW + timedelta(hours=1)


def test_sessions_are_found_by_user_and_state_and_read_page_by_page(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    for _ in range(3):
        program.log_in(ada.email)
    first, second, third = sessions(program)
    program.session_end.end([first.id])
    assert sessions(program) == [second, third]
    assert [s.id for s in sessions(program, state="revoked")] == [first.id]
    page = program.session_list.page(SessionQuery(user="1", state=None, limit=2))
    assert (page.more, page.after) == (True, 2)
    assert sessions(program, state=None, after=page.after) == [third]
    assert list(program.session_list.stream(SessionQuery(limit=None))) == [second, third]
    clock.advance(days=8)
    assert [s.id for s in sessions(program, state="expired")] == [second.id, third.id]


def test_a_token_of_another_program_is_a_session_of_its_own(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    sql(
        "INSERT INTO refresh_tokens (token, user_id, expires_at) "
        "VALUES ('x', 1, '2031-01-01 00:00:00')"
    )
    [session] = sessions(program)
    assert (session.id, session.short_id, session.method) == ("token-1", "token-1", None)
    assert program.session_list.show("token-1") == session
    assert program.session_end.end(["token-1"]).sessions_ended == 1


def test_ending_a_session_says_how_long_its_access_tokens_stay_valid(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(minutes=10)
    other = program.log_in("ada@example.com")
    clock.advance(minutes=10)
    first, _ = sessions(program)
    ended = program.session_end.end([first.short_id])
    assert (ended.sessions_ended, ended.access_tokens_valid_until) == (1, NOW + timedelta(hours=1))
    # It says so again when it is repeated, which changes nothing and records nothing.
    again = program.session_end.end([first.id])
    assert (again.sessions_ended, again.access_tokens_valid_until) == (0, NOW + timedelta(hours=1))
    program.token_verifier.verify(other.tokens.access_token)
    clock.advance(hours=1)
    assert program.session_end.end([first.id]).access_tokens_valid_until is None
    assert events(program, "session:end") == [
        (
            "ada@example.com",
            {"session": first.id, "client": None, "source": machine_user()},
        )
    ]


def test_all_sessions_of_a_user_are_ended_at_once(program: Program, grant: Grant) -> None:
    program.log_in("ada@example.com")
    ended = program.session_end.end_all("ada@example.com")
    assert (ended.sessions_ended, ended.access_tokens_valid_until) == (2, NOW + timedelta(hours=1))
    assert sessions(program) == []
    assert program.session_end.end_all("1").sessions_ended == 0
    assert events(program, "session:end") == [("ada@example.com", {"sessions_ended": 2})]


def test_of_several_sessions_all_are_ended_or_none(program: Program, grant: Grant) -> None:
    [session] = sessions(program)
    with pytest.raises(SessionNotFound):
        program.session_end.end([session.id, "0" * 32])
    assert sessions(program) == [session]


def test_the_beginning_of_an_id_has_to_be_that_of_one_session(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    for end in "ab":
        sql(
            "INSERT INTO refresh_tokens (token, user_id, expires_at, family_id) "
            f"VALUES ('{end}', 1, '2031-01-01 00:00:00', '{'0' * 31}{end}')"
        )
    with pytest.raises(InvalidInput, match="More than one"):
        program.session_list.show("0" * 8)
    assert program.session_list.show("0" * 31 + "b").id == "0" * 31 + "b"


@pytest.mark.parametrize("column", ["family_started_at", "family_expires_at", "created_at"])
def test_a_row_that_cannot_be_read_does_not_hide_the_others(
    sqlite_engine: Engine, clock: FakeClock, column: str
) -> None:
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    for _ in range(2):
        program.log_in("ada@example.com")
    sql_on(sqlite_engine)(f"UPDATE refresh_tokens SET {column} = 'nonsense' WHERE id = 1")
    errors: list[object] = []
    page = program.session_list.page(SessionQuery(), errors.append)
    assert [session.token for session in page.items] == ["2"]
    assert column in str(errors)
