"""Listing tokens on both databases."""

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import InvalidInput, UserNotFound
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenQuery, TokenState
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services.tokens import listing as module


@pytest.fixture
def four_states(program: Program, grant: Grant, clock: FakeClock) -> Program:
    """Tokens 1 to 5: expired, revoked, used, active and (an other account's) active."""
    program.users.create(UserCreate(email="bob@example.com", password=PASSWORD))
    bob = program.log_in("bob@example.com")
    program.revocation.revoke_text(bob.tokens.refresh_token)
    clock.advance(days=7)
    third = program.log_in("ada@example.com")
    program.token_exchange.refresh(third.tokens.refresh_token)
    program.log_in("bob@example.com")
    return program


def ids(program: Program, query: TokenQuery) -> list[str]:
    """Return the ids on one page."""
    return [token.id for token in program.token_list.page(query).items]


def test_a_listed_token_says_whose_it_is_and_never_what_it_is(
    program: Program, grant: Grant
) -> None:
    [token] = program.token_list.page(TokenQuery()).items
    assert (token.id, token.user_id, token.email) == ("1", 1, "ada@example.com")
    assert token.session == program.token_verifier.verify_offline(grant.tokens.access_token).sid
    assert REFRESH_TOKEN.digest(grant.tokens.refresh_token) not in token.model_dump_json()


@pytest.mark.parametrize(
    ("state", "expected"),
    [("expired", ["1"]), ("revoked", ["2"]), ("used", ["3"]), ("active", ["4", "5"])],
)
def test_a_list_can_be_limited_to_a_state(
    four_states: Program, state: TokenState, expected: list[str]
) -> None:
    page = four_states.token_list.page(TokenQuery(state=state))
    assert [(token.id, token.state) for token in page.items] == [(id_, state) for id_ in expected]


def test_a_used_token_stays_used_and_a_revoked_one_revoked_when_they_expire(
    four_states: Program, clock: FakeClock
) -> None:
    four_states.revocation.revoke_matching(TokenQuery())
    clock.advance(days=60)
    found = [token.state for token in four_states.token_list.page(TokenQuery()).items]
    assert found == ["revoked", "revoked", "used", "revoked", "revoked"]
    assert ids(four_states, TokenQuery(state="expired")) == []


def test_a_token_expires_with_its_session(program: Program, grant: Grant, sql: Sql) -> None:
    sql("UPDATE refresh_tokens SET family_expires_at = '2029-12-31 00:00:00'")
    assert [token.state for token in program.token_list.page(TokenQuery()).items] == ["expired"]
    assert ids(program, TokenQuery(state="active")) == []


def test_a_list_can_be_limited_to_an_account_and_paged(four_states: Program) -> None:
    first = four_states.token_list.page(TokenQuery(user="ada@example.com", limit=2))
    assert ([token.id for token in first.items], first.more) == (["1", "3"], True)
    rest = four_states.token_list.page(TokenQuery(user="1", limit=2, after="3"))
    assert ([token.id for token in rest.items], rest.more) == (["4"], False)
    assert ids(four_states, TokenQuery(user="2", state="revoked")) == ["2"]


@pytest.mark.parametrize("after", [3_000_000_000, 2**63 - 1, 2**70])
def test_a_list_after_an_id_larger_than_any_is_empty(
    program: Program, grant: Grant, after: int
) -> None:
    assert ids(program, TokenQuery(after=str(after))) == []


@pytest.mark.parametrize("limit", [2**31 - 1, 2**31, 2**63 - 1, 2**70])
def test_a_limit_may_be_larger_than_any_database(
    program: Program, grant: Grant, limit: int
) -> None:
    assert ids(program, TokenQuery(limit=limit)) == ["1"]


@pytest.mark.parametrize("after", ["", "-1", "x", "api-", "api-x", "1 ", "api-1\n", "uctl_rt_0"])
def test_a_list_cannot_go_on_after_what_is_no_id(program: Program, after: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        program.token_list.page(TokenQuery(after=after))
    assert "uctl" not in caught.value.message


def test_the_tokens_of_an_account_that_is_not_there_cannot_be_listed(program: Program) -> None:
    with pytest.raises(UserNotFound):
        program.token_list.page(TokenQuery(user="ada@example.com"))


def test_a_stream_yields_every_token_over_several_pages(
    four_states: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    assert [token.id for token in four_states.token_list.stream(TokenQuery())] == [
        "1",
        "2",
        "3",
        "4",
        "5",
    ]
    active = four_states.token_list.stream(TokenQuery(state="active", after="4"))
    assert [token.id for token in active] == ["5"]


def test_a_stream_goes_on_although_the_last_token_of_a_page_was_deleted(
    program: Program,
    ada: UserCreated,
    monkeypatch: pytest.MonkeyPatch,
    sql: Sql,
) -> None:
    for _ in range(5):
        program.log_in(ada.email)
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    stream = program.token_list.stream(TokenQuery())
    seen = [next(stream).id, next(stream).id]
    sql("DELETE FROM refresh_tokens WHERE id = 2")
    assert seen + [token.id for token in stream] == ["1", "2", "3", "4", "5"]
