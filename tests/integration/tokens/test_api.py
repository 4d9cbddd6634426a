"""API tokens on both databases: issue, verify, log in with, list, revoke."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, inspect

from tests.integration.conftest import NOW, FakeClock, Program, Sql
from userctl.core.errors import (
    AccountDisabled,
    AuthenticationFailed,
    GuardRefused,
    InvalidInput,
    TokenExpired,
    TokenInvalid,
    TokenRevoked,
    UserNotFound,
)
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.tokens import ApiTokenCreate, ApiTokenIssued, TokenQuery
from userctl.schemas.users import UserCreate, UserCreated, UserUpdate
from userctl.security.opaque_token import API_TOKEN

DAY = timedelta(days=1)


def issue(
    program: Program,
    *,
    user: str = "ada@example.com",
    label: str = "ci",
    expires_in: timedelta | None = 90 * DAY,
    scope: tuple[str, ...] = (),
) -> ApiTokenIssued:
    """Issue a token."""
    return program.api_tokens.issue(
        ApiTokenCreate(user=user, label=label, expires_in=expires_in, scope=scope)
    )


def log_in_with(program: Program, token: str) -> Grant:
    """Start a session with an API token."""
    return program.log_in_with("api-token", Credentials(secret=token))


def ids(program: Program, query: TokenQuery) -> list[str]:
    """Return the ids of all tokens that a query lists."""
    return [token.id for token in program.token_list.stream(query)]


def is_usable(program: Program, token: ApiTokenIssued) -> bool:
    """Tell whether a token is accepted."""
    try:
        program.api_tokens.verify(token.token)
    except AuthenticationFailed:
        return False
    return True


def is_alive(program: Program, session: Grant) -> bool:
    """Tell whether both tokens of a session still work; the refresh token is used up."""
    works = []
    for use, token in (
        (program.token_verifier.verify, session.tokens.access_token),
        (program.token_exchange.refresh, session.tokens.refresh_token),
    ):
        try:
            use(token)
            works.append(True)
        except AuthenticationFailed:
            works.append(False)
    assert len(set(works)) == 1
    return works[0]


@pytest.fixture
def issued(program: Program, ada: UserCreated) -> ApiTokenIssued:
    """An API token of an account, limited to two scopes."""
    return issue(program, scope=("deploy", "read:logs"))


def test_an_issued_token_says_all_of_itself_once(program: Program, issued: ApiTokenIssued) -> None:
    assert issued.token.startswith("uctl_api_")
    assert issued.model_dump(exclude={"token"}) == {
        "id": "api-1",
        "kind": "api",
        "user_id": 1,
        "email": "ada@example.com",
        "label": "ci",
        "scope": ["deploy", "read:logs"],
        "session": None,
        "state": "active",
        "created_at": NOW,
        "last_used_at": None,
        "expires_at": NOW + 90 * DAY,
        "replayed_at": None,
    }
    [listed] = program.token_list.page(TokenQuery()).items
    assert listed.model_dump() == issued.model_dump(exclude={"token"})


def test_the_text_of_a_token_is_nowhere_in_the_database(
    issued: ApiTokenIssued, engine: Engine, sql: Sql
) -> None:
    everything = repr([sql(f'SELECT * FROM "{t}"') for t in inspect(engine).get_table_names()])
    assert API_TOKEN.digest(issued.token) in everything
    assert issued.token.removeprefix("uctl_api_") not in everything


def test_a_token_in_force_says_what_it_stands_for(program: Program, issued: ApiTokenIssued) -> None:
    program.users.update("1", UserUpdate(role="admin"))
    assert program.api_tokens.verify(issued.token).claims.model_dump() == {
        "sub": "ada@example.com",
        "uid": 1,
        "role": "admin",
        "scope": "deploy read:logs",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + 90 * DAY).timestamp()),
        "jti": "api-1",
        "label": "ci",
    }


def test_a_token_may_have_no_scope_and_no_end(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    token = issue(program, expires_in=None)
    clock.advance(days=30_000)
    claims = program.api_tokens.verify(token.token).claims
    assert (claims.scope, claims.exp) == (None, None)


def test_a_token_ends_when_it_said(
    program: Program, issued: ApiTokenIssued, clock: FakeClock
) -> None:
    clock.advance(days=90, seconds=-1)
    program.api_tokens.verify(issued.token)
    clock.advance(seconds=1)
    with pytest.raises(TokenExpired):
        program.api_tokens.verify(issued.token)
    with pytest.raises(TokenExpired):
        log_in_with(program, issued.token)


def test_a_revoked_token_is_refused_and_revoking_it_again_does_nothing(
    program: Program, issued: ApiTokenIssued
) -> None:
    other = issue(program)
    assert program.revocation.revoke(["api-1"]).revoked_api_tokens == 1
    assert program.revocation.revoke(["api-1"]).revoked_api_tokens == 0
    assert program.revocation.revoke_text(issued.token).revoked_api_tokens == 0
    with pytest.raises(TokenRevoked):
        program.api_tokens.verify(issued.token)
    with pytest.raises(TokenRevoked):
        log_in_with(program, issued.token)
    assert is_usable(program, other)
    assert program.revocation.revoke_text(other.token).revoked_api_tokens == 1
    assert not is_usable(program, other)


def test_a_token_is_worth_nothing_while_its_account_is_disabled_or_gone(
    program: Program, issued: ApiTokenIssued
) -> None:
    program.user_status.disable("1")
    for use in (program.api_tokens.verify, lambda token: log_in_with(program, token)):
        with pytest.raises(AccountDisabled):
            use(issued.token)
    program.user_status.enable("1")
    assert is_usable(program, issued)
    program.recycle_bin.delete(["1"])
    with pytest.raises(TokenInvalid):
        program.api_tokens.verify(issued.token)


def test_a_token_that_is_used_with_each_request_is_recorded_once_a_minute(
    program: Program, issued: ApiTokenIssued, clock: FakeClock, sql: Sql
) -> None:
    for seconds in (0, 20, 39, 1, 59):
        clock.advance(seconds=seconds)
        assert program.api_tokens.verify(issued.token).claims.jti == "api-1"
    # A clock that was set back must not leave every later use unrecorded.
    clock.advance(hours=-2)
    program.api_tokens.verify(issued.token)
    [(events,)] = sql("SELECT count(*) FROM audit_events WHERE tag = 'api_token:verify:success'")
    assert events == 3


def test_what_was_never_issued_is_refused(program: Program, issued: ApiTokenIssued) -> None:
    for text in (API_TOKEN.generate(), issued.token[:-1], "", "\udcff", "api-1"):
        with pytest.raises(TokenInvalid):
            program.api_tokens.verify(text)


def test_a_token_cannot_be_issued_for_nobody(program: Program) -> None:
    with pytest.raises(UserNotFound):
        issue(program)


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"label": " "},
        {"label": "a" * 101},
        {"label": "a\x1b[2J"},
        {"scope": ("",)},
        {"scope": ("a b",)},
        {"scope": ('a"',)},
        {"scope": ("a\\",)},
        {"scope": ("é",)},
        {"scope": ("a" * 500, "b" * 500)},
    ],
)
def test_a_label_and_scopes_that_cannot_be_are_refused(
    program: Program, ada: UserCreated, wrong: dict[str, object]
) -> None:
    given = {"user": "1", "label": "ci", "expires_in": None, "scope": ()}
    with pytest.raises(InvalidInput):
        ApiTokenCreate.model_validate(given | wrong)


def test_the_last_use_is_recorded_to_a_minute(
    program: Program, issued: ApiTokenIssued, clock: FakeClock
) -> None:
    seen = []
    for seconds in (5, 59, 1, 0):
        clock.advance(seconds=seconds)
        program.api_tokens.verify(issued.token)
        seen.append(next(program.token_list.stream(TokenQuery())).last_used_at)
    first, second = NOW + timedelta(seconds=5), NOW + timedelta(seconds=65)
    assert seen == [first, first, second, second]


def test_a_session_started_with_a_token_has_its_scope_and_its_end(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    token = issue(program, expires_in=2 * DAY, scope=("deploy",))
    clock.advance(hours=1)
    session = log_in_with(program, token.token)
    assert session.session_expires_at == NOW + 2 * DAY
    for _ in range(2):
        claims = program.token_verifier.verify(session.tokens.access_token).claims
        assert claims.scope == "deploy"
        session = program.token_exchange.refresh(session.tokens.refresh_token)
        assert session.session_expires_at == NOW + 2 * DAY
    clock.advance(days=2)
    with pytest.raises(TokenExpired):
        program.token_exchange.refresh(session.tokens.refresh_token)


def test_a_session_started_with_a_password_has_no_scope(program: Program, grant: Grant) -> None:
    assert program.token_verifier.verify(grant.tokens.access_token).claims.scope is None


@pytest.mark.parametrize(
    "revoke",
    [
        lambda program, token: program.revocation.revoke([token.id]),
        lambda program, token: program.revocation.revoke_text(token.token),
        lambda program, token: program.revocation.revoke_matching(TokenQuery(kind="api")),
        lambda program, token: program.revocation.revoke_matching(TokenQuery(user="1", kind="api")),
        lambda program, token: program.revocation.revoke_matching(
            TokenQuery(expires_within=100 * DAY, kind="api")
        ),
    ],
    ids=["id", "text", "all", "user", "filter"],
)
def test_revoking_a_token_ends_the_sessions_started_with_it_and_no_other(
    program: Program, issued: ApiTokenIssued, grant: Grant, revoke: object
) -> None:
    assert callable(revoke)
    started = log_in_with(program, issued.token)
    session = log_in_with(program, issued.token)
    renewed = program.token_exchange.refresh(session.tokens.refresh_token)
    result = revoke(program, issued)
    assert (result.revoked_api_tokens, result.revoked_sessions) == (1, 2)
    assert not is_alive(program, started)
    assert not is_alive(program, renewed)
    assert is_alive(program, grant)


def test_a_token_survives_a_new_password_and_a_session_started_with_it_does_not(
    program: Program, issued: ApiTokenIssued
) -> None:
    session = log_in_with(program, issued.token)
    program.user_passwords.set_password("1", "battery staple 88")
    assert is_usable(program, issued)
    assert not is_alive(program, session)


@pytest.fixture
def mixed(program: Program, ada: UserCreated, clock: FakeClock) -> Program:
    """Tokens of both kinds.

    api-1 ends in 10 days and was used today, api-2 never ends and was never used, api-3 is
    revoked; 1 is a used, 2 an active refresh token of ada, 3 an active one of bob's.
    """
    program.users.create(UserCreate(email="bob@example.com", password="correct horse 77"))
    short = issue(program, expires_in=110 * DAY)
    issue(program, expires_in=None, user="bob@example.com")
    program.revocation.revoke_text(issue(program).token)
    clock.advance(days=100)
    program.api_tokens.verify(short.token)
    program.token_exchange.refresh(program.log_in("ada@example.com").tokens.refresh_token)
    program.log_in("bob@example.com")
    return program


LISTS: list[tuple[dict[str, object], str]] = [
    ({}, "api-1 api-2 api-3 1 2 3"),
    ({"kind": "api"}, "api-1 api-2 api-3"),
    ({"kind": "refresh"}, "1 2 3"),
    ({"state": "active"}, "api-1 api-2 2 3"),
    ({"state": "revoked"}, "api-3"),
    ({"state": "used"}, "1"),
    ({"state": "expired"}, ""),
    ({"user": "bob@example.com"}, "api-2 3"),
    ({"expires_within": 14 * DAY}, "api-1 2 3"),
    ({"expires_within": 9 * DAY}, "2 3"),
    ({"expires_within": 14 * DAY, "kind": "api"}, "api-1"),
    ({"expires_within": 14 * DAY, "state": "used"}, "1"),
    ({"unused_since": 90 * DAY}, "api-2"),
    ({"unused_since": 90 * DAY, "state": "revoked"}, "api-3"),
    ({"unused_since": 101 * DAY}, ""),
    ({"unused_since": 0 * DAY}, "api-1 api-2 2 3"),
    ({"after": "api-2"}, "api-3 1 2 3"),
    ({"after": "api-3", "kind": "refresh"}, "1 2 3"),
    ({"after": "1"}, "2 3"),
    ({"after": "1", "kind": "api"}, ""),
]
"""What is asked for, and the ids of the tokens in ``mixed`` that are listed then."""


def test_tokens_are_listed_by_what_is_asked_of_them(mixed: Program) -> None:
    for query, expected in LISTS:
        assert ids(mixed, TokenQuery.model_validate(query)) == expected.split(), query


def test_pages_of_any_size_go_through_both_kinds(mixed: Program) -> None:
    for limit in (1, 2, 3, 4, 6):
        seen: list[str] = []
        page = mixed.token_list.page(TokenQuery(limit=limit))
        seen += [token.id for token in page.items]
        while page.more:
            assert len(page.items) == limit
            page = mixed.token_list.page(TokenQuery(limit=limit, after=seen[-1]))
            seen += [token.id for token in page.items]
        assert seen == ["api-1", "api-2", "api-3", "1", "2", "3"], limit


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"expires_within": 14 * DAY}, "api-2"),
        ({"expires_within": 14 * DAY, "kind": "api"}, "api-2 2 3"),
        ({"expires_within": 14 * DAY, "user": "1"}, "api-2 3"),
        ({"unused_since": 90 * DAY}, "api-1 2 3"),
        ({"kind": "refresh"}, "api-1 api-2"),
        ({"user": "2"}, "api-1 2"),
        ({}, ""),
    ],
)
def test_what_a_filter_lets_through_is_revoked_and_nothing_else(
    mixed: Program, query: dict[str, object], left: str
) -> None:
    mixed.revocation.revoke_matching(TokenQuery.model_validate(query))
    assert ids(mixed, TokenQuery(state="active")) == left.split()


def test_a_guard_counts_both_kinds_and_holds_all_of_them(mixed: Program) -> None:
    query = TokenQuery(expires_within=14 * DAY)
    with pytest.raises(GuardRefused, match="3 tokens"):
        mixed.revocation.revoke_matching(query, at_most=2)
    assert ids(mixed, TokenQuery(state="active")) == ["api-1", "api-2", "2", "3"]
    result = mixed.revocation.revoke_matching(query, at_most=3)
    assert (result.revoked_api_tokens, result.revoked_sessions) == (1, 2)


@pytest.mark.parametrize("identity", ["ada@example.com", "ADA@example.com"])
def test_a_session_may_name_whose_token_it_is(
    program: Program, issued: ApiTokenIssued, identity: str
) -> None:
    credentials = Credentials(secret=issued.token, identity=identity)
    assert program.log_in_with("api-token", credentials).user.id == 1


def test_a_token_of_somebody_else_than_claimed_is_refused(
    program: Program, issued: ApiTokenIssued
) -> None:
    for identity in ("bob@example.com", "nonsense"):
        with pytest.raises((TokenInvalid, InvalidInput)):
            program.log_in_with("api-token", Credentials(secret=issued.token, identity=identity))
    assert ids(program, TokenQuery(kind="refresh")) == []


@pytest.mark.parametrize("span", [timedelta(), timedelta(seconds=-1)])
def test_a_token_that_would_end_at_once_is_not_issued(
    program: Program, ada: UserCreated, span: timedelta
) -> None:
    with pytest.raises(InvalidInput):
        issue(program, expires_in=span)


def test_a_scope_that_is_named_twice_counts_once(program: Program, ada: UserCreated) -> None:
    assert issue(program, scope=("a", "b", "a")).scope == ["a", "b"]
