"""Ending sessions, and the list of refresh tokens, on both databases."""

from collections.abc import Callable

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from userctl.errors import TokenInvalid, TokenNotFound, TokenRevoked, UserNotFound
from userctl.schemas import TokenQuery, UserCreate, UserCreated
from userctl.schemas.tokens import TokenState
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services import revocation as module
from userctl.services.revocation import RevocationService
from userctl.services.tokens import Grant


@pytest.fixture
def bob(program: Program) -> Grant:
    """A session of a second account."""
    program.accounts.create(UserCreate(email="bob@example.com", password=PASSWORD))
    return program.log_in("bob@example.com")


@pytest.fixture
def four_states(program: Program, grant: Grant, bob: Grant, clock: FakeClock) -> RevocationService:
    """Tokens 1 to 5: expired, revoked, used, active and (an other account's) active."""
    program.revocation.revoke_text(bob.tokens.refresh_token)
    clock.advance(days=7)
    third = program.log_in("ada@example.com")
    program.tokens.refresh(third.tokens.refresh_token)
    program.log_in("bob@example.com")
    return program.revocation


def ids(revocation: RevocationService, query: TokenQuery) -> list[int]:
    """Return the ids on one page."""
    return [token.id for token in revocation.page(query).items]


def is_alive(program: Program, session: Grant) -> bool:
    """Tell whether the newest token of a session can still be exchanged."""
    try:
        program.tokens.verify(session.tokens.access_token)
    except TokenRevoked:
        return False
    return True


@pytest.mark.parametrize(
    "revoke",
    [
        lambda service, session: service.revoke([1]),
        lambda service, session: service.revoke_text(session.tokens.refresh_token),
        lambda service, session: service.revoke_user("ADA@example.com"),
        lambda service, session: service.revoke_user("1"),
    ],
    ids=["by id", "by text", "by address", "by id of the account"],
)
def test_revoking_ends_one_session_once_and_leaves_the_others(
    program: Program,
    grant: Grant,
    bob: Grant,
    revoke: Callable[[RevocationService, Grant], module.RevokeResult],
) -> None:
    assert revoke(program.revocation, grant).revoked_sessions == 1
    assert (is_alive(program, grant), is_alive(program, bob)) == (False, True)
    assert revoke(program.revocation, grant).revoked_sessions == 0


def test_all_sessions_of_all_accounts_end_at_once(
    program: Program, grant: Grant, bob: Grant
) -> None:
    assert program.revocation.revoke_all().revoked_sessions == 2
    assert (is_alive(program, grant), is_alive(program, bob)) == (False, False)
    assert program.revocation.revoke_all().revoked_sessions == 0


def test_revoking_an_old_token_ends_the_session_it_belongs_to(
    program: Program, grant: Grant
) -> None:
    renewed = program.tokens.refresh(grant.tokens.refresh_token)
    assert program.revocation.revoke_text(grant.tokens.refresh_token).revoked_sessions == 1
    assert not is_alive(program, renewed)


def test_a_session_named_by_two_of_its_tokens_ends_once(program: Program, grant: Grant) -> None:
    program.tokens.refresh(grant.tokens.refresh_token)
    assert program.revocation.revoke([1, 2, 1]).revoked_sessions == 1


def test_a_session_that_has_expired_does_not_count_as_ended(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(days=31)
    assert program.revocation.revoke_user("1").revoked_sessions == 0


@pytest.mark.parametrize("unknown", [0, -1, 77, 3_000_000_000, 2**63 - 1, 2**70])
def test_nothing_is_revoked_where_one_id_is_unknown(
    program: Program, grant: Grant, unknown: int
) -> None:
    with pytest.raises(TokenNotFound, match=str(unknown)):
        program.revocation.revoke([1, unknown])
    assert is_alive(program, grant)


def test_a_text_that_was_never_issued_has_no_session_to_end(
    revocation: RevocationService, grant: Grant
) -> None:
    assert revocation.revoke_text(REFRESH_TOKEN.draw()).revoked_sessions == 0
    with pytest.raises(TokenInvalid):
        revocation.revoke_text(f"{grant.tokens.refresh_token}0")


def test_the_sessions_of_an_account_that_is_not_there_cannot_be_ended(
    revocation: RevocationService,
) -> None:
    with pytest.raises(UserNotFound):
        revocation.revoke_user("ada@example.com")
    with pytest.raises(UserNotFound):
        revocation.page(TokenQuery(user="ada@example.com"))


def test_a_token_without_a_family_is_revoked_alone(
    program: Program, grant: Grant, sql: Sql
) -> None:
    for letter in "ab":
        sql(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES (:token, 1, '2030-01-02 00:00:00')",
            token=letter * 64,
        )
    assert program.revocation.revoke([2]).revoked_sessions == 1
    assert ids(program.revocation, TokenQuery(state="active")) == [1, 3]


def test_a_listed_token_says_whose_it_is_and_never_what_it_is(
    program: Program, grant: Grant
) -> None:
    [token] = program.revocation.page(TokenQuery()).items
    assert (token.id, token.user_id, token.email) == (1, 1, "ada@example.com")
    assert token.session == program.tokens.verify_offline(grant.tokens.access_token).sid
    assert REFRESH_TOKEN.digest(grant.tokens.refresh_token) not in token.model_dump_json()


@pytest.mark.parametrize(
    ("state", "expected"),
    [("expired", [1]), ("revoked", [2]), ("used", [3]), ("active", [4, 5])],
)
def test_a_list_can_be_limited_to_a_state(
    four_states: RevocationService, state: TokenState, expected: list[int]
) -> None:
    page = four_states.page(TokenQuery(state=state))
    assert [(token.id, token.state) for token in page.items] == [(id_, state) for id_ in expected]


def test_a_used_token_stays_used_and_a_revoked_one_revoked_when_they_expire(
    four_states: RevocationService, clock: FakeClock
) -> None:
    four_states.revoke_all()
    clock.advance(days=60)
    found = [token.state for token in four_states.page(TokenQuery()).items]
    assert found == ["revoked", "revoked", "used", "revoked", "revoked"]
    assert ids(four_states, TokenQuery(state="expired")) == []


def test_a_token_expires_with_its_session(
    revocation: RevocationService, grant: Grant, sql: Sql
) -> None:
    sql("UPDATE refresh_tokens SET family_expires_at = '2029-12-31 00:00:00'")
    assert [token.state for token in revocation.page(TokenQuery()).items] == ["expired"]
    assert ids(revocation, TokenQuery(state="active")) == []


def test_a_list_can_be_limited_to_an_account_and_paged(four_states: RevocationService) -> None:
    first = four_states.page(TokenQuery(user="ada@example.com", limit=2))
    assert ([token.id for token in first.items], first.more) == ([1, 3], True)
    rest = four_states.page(TokenQuery(user="1", limit=2, after=3))
    assert ([token.id for token in rest.items], rest.more) == ([4], False)
    assert ids(four_states, TokenQuery(user="2", state="revoked")) == [2]


@pytest.mark.parametrize("after", [3_000_000_000, 2**63 - 1, 2**70])
def test_a_list_after_an_id_larger_than_any_is_empty(
    revocation: RevocationService, grant: Grant, after: int
) -> None:
    assert ids(revocation, TokenQuery(after=after)) == []


@pytest.mark.parametrize("limit", [2**31 - 1, 2**31, 2**63 - 1, 2**70])
def test_a_limit_may_be_larger_than_any_database(
    revocation: RevocationService, grant: Grant, limit: int
) -> None:
    assert ids(revocation, TokenQuery(limit=limit)) == [1]


@pytest.mark.parametrize("after", [-1, -3_000_000_000, -(2**70)])
def test_a_list_after_an_id_smaller_than_any_is_whole(
    revocation: RevocationService, grant: Grant, after: int
) -> None:
    assert ids(revocation, TokenQuery(after=after)) == [1]


def test_a_stream_yields_every_token_over_several_pages(
    four_states: RevocationService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    assert [token.id for token in four_states.stream(TokenQuery())] == [1, 2, 3, 4, 5]
    active = four_states.stream(TokenQuery(state="active", after=4))
    assert [token.id for token in active] == [5]


def test_a_stream_goes_on_although_the_last_token_of_a_page_was_deleted(
    program: Program,
    ada: UserCreated,
    monkeypatch: pytest.MonkeyPatch,
    sql: Sql,
) -> None:
    for _ in range(5):
        program.log_in(ada.email)
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    stream = program.revocation.stream(TokenQuery())
    seen = [next(stream).id, next(stream).id]
    sql("DELETE FROM refresh_tokens WHERE id = 2")
    assert seen + [token.id for token in stream] == [1, 2, 3, 4, 5]
