"""Sessions and their tokens on both databases: issue, exchange, verify."""

from datetime import timedelta
from hashlib import sha256

import jwt
import pytest
from sqlalchemy import Engine, inspect

from tests.integration.conftest import KEY, NOW, FakeClock, Program, Sql
from userctl.core.errors import (
    AccountDisabled,
    AuthenticationFailed,
    RefreshConflict,
    TokenExpired,
    TokenInvalid,
    TokenReused,
    TokenRevoked,
)
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenPair, TokenQuery
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services.sessions.exchange import REPLAY_GRACE

GRACE_SECONDS = REPLAY_GRACE.total_seconds()


def exchanged(program: Program, pair: TokenPair) -> TokenPair:
    """Return the tokens that a refresh token is exchanged for."""
    return program.token_exchange.refresh(pair.refresh_token).tokens


def states(program: Program) -> list[str]:
    """Return the states of all refresh tokens in the order in which they were issued."""
    return [token.state for token in program.token_list.stream(TokenQuery())]


def test_a_login_hands_out_tokens_for_an_hour_in_a_session_of_thirty_days(grant: Grant) -> None:
    assert grant.tokens.expires_in == 3600
    assert grant.session_expires_at == NOW + timedelta(days=30)
    assert grant.user.email == "ada@example.com"


def test_an_access_token_verifies_with_nothing_but_the_shared_key(
    grant: Grant, clock: FakeClock
) -> None:
    options = {"verify_exp": False, "verify_iat": False}  # It is of 2030.
    claims = jwt.decode(
        grant.tokens.access_token, KEY.signer, algorithms=["HS256"], options=options
    )
    assert claims | {"jti": "", "sid": ""} == {
        "sub": "ada@example.com",
        "uid": 1,
        "role": "user",
        "iss": "userctl",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "jti": "",
        "sid": "",
    }
    assert jwt.get_unverified_header(grant.tokens.access_token)["typ"] == "at+jwt"


def test_the_subject_can_be_the_id(engine: Engine, clock: FakeClock, grant: Grant) -> None:
    program = Program(engine, clock, subject="id")
    token = program.log_in("ada@example.com").tokens.access_token
    claims = program.token_verifier.verify(token).claims
    assert (claims.sub, claims.uid) == ("1", 1)
    with pytest.raises(TokenRevoked):
        program.token_verifier.verify(grant.tokens.access_token)


def test_verifying_returns_the_claims_and_the_account(program: Program, grant: Grant) -> None:
    verified = program.token_verifier.verify(grant.tokens.access_token)
    claims, user = verified.claims, verified.user
    assert claims == program.token_verifier.verify_offline(grant.tokens.access_token)
    assert user == grant.user


def test_an_access_token_expires_after_an_hour_and_half_a_minute_of_leeway(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(seconds=3629)
    program.token_verifier.verify(grant.tokens.access_token)
    clock.advance(seconds=1)
    with pytest.raises(TokenExpired):
        program.token_verifier.verify(grant.tokens.access_token)


def test_an_exchange_keeps_the_session_and_changes_both_tokens(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(minutes=5)
    renewed = program.token_exchange.refresh(grant.tokens.refresh_token)
    before = program.token_verifier.verify_offline(grant.tokens.access_token)
    after = program.token_verifier.verify_offline(renewed.tokens.access_token)
    assert (after.sid, renewed.session_expires_at) == (before.sid, grant.session_expires_at)
    assert after.jti != before.jti
    assert after.exp == before.exp + 300
    assert renewed.tokens.refresh_token != grant.tokens.refresh_token


def test_the_old_access_token_stays_good_after_an_exchange(program: Program, grant: Grant) -> None:
    exchanged(program, grant.tokens)
    program.token_verifier.verify(grant.tokens.access_token)


def test_two_logins_are_two_sessions(program: Program, grant: Grant) -> None:
    other = program.log_in("ada@example.com")
    program.revocation.revoke_text(other.tokens.refresh_token)
    program.token_verifier.verify(grant.tokens.access_token)
    with pytest.raises(TokenRevoked):
        program.token_verifier.verify(other.tokens.access_token)


def test_a_refresh_token_expires_after_seven_days(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(days=7, seconds=-1)
    renewed = exchanged(program, grant.tokens)
    clock.advance(days=7)
    with pytest.raises(TokenExpired):
        program.token_exchange.refresh(renewed.refresh_token)


def test_no_refresh_token_outlives_the_end_of_its_session(
    program: Program, grant: Grant, clock: FakeClock, sql: Sql
) -> None:
    pair = grant.tokens
    for _ in range(4):
        clock.advance(days=6)
        pair = exchanged(program, pair)
    [(expires_at, family_end)] = sql(
        "SELECT expires_at, family_expires_at FROM refresh_tokens ORDER BY id DESC LIMIT 1"
    )
    assert expires_at == family_end
    clock.advance(days=6)
    with pytest.raises(TokenExpired):
        program.token_exchange.refresh(pair.refresh_token)


@pytest.mark.parametrize("seconds", [0, GRACE_SECONDS])
def test_a_token_that_comes_back_at_once_is_a_conflict_and_the_session_lives_on(
    program: Program, grant: Grant, clock: FakeClock, seconds: float
) -> None:
    renewed = exchanged(program, grant.tokens)
    clock.advance(seconds=seconds)
    with pytest.raises(RefreshConflict):
        program.token_exchange.refresh(grant.tokens.refresh_token)
    assert states(program) == ["used", "active"]
    exchanged(program, renewed)


def test_a_token_that_comes_back_later_ends_its_session(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    renewed = exchanged(program, grant.tokens)
    clock.advance(seconds=GRACE_SECONDS + 1)
    with pytest.raises(TokenReused):
        program.token_exchange.refresh(grant.tokens.refresh_token)
    assert states(program) == ["used", "revoked"]
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(renewed.refresh_token)
    with pytest.raises(TokenRevoked):
        program.token_verifier.verify(renewed.access_token)


def test_a_token_whose_successor_was_used_ends_its_session_at_once(
    program: Program, grant: Grant
) -> None:
    last = exchanged(program, exchanged(program, grant.tokens))
    with pytest.raises(TokenReused):
        program.token_exchange.refresh(grant.tokens.refresh_token)
    assert states(program) == ["used", "used", "revoked"]
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(last.refresh_token)


def test_a_reused_token_ends_no_other_session(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    other = program.log_in("ada@example.com").tokens
    exchanged(program, grant.tokens)
    clock.advance(minutes=1)
    with pytest.raises(TokenReused):
        program.token_exchange.refresh(grant.tokens.refresh_token)
    exchanged(program, other)


def test_a_text_that_was_never_issued_is_invalid(program: Program, grant: Grant) -> None:
    for text in (REFRESH_TOKEN.generate(), grant.tokens.refresh_token[:-1], "", "\udcff"):
        with pytest.raises(TokenInvalid):
            program.token_exchange.refresh(text)


def test_the_text_of_a_token_is_nowhere_in_the_database(
    program: Program, grant: Grant, engine: Engine, sql: Sql
) -> None:
    renewed = exchanged(program, grant.tokens)
    tables = inspect(engine).get_table_names()
    assert {"users", "refresh_tokens"} <= set(tables)
    everything = repr([sql(f'SELECT * FROM "{table}"') for table in tables])
    assert REFRESH_TOKEN.digest(renewed.refresh_token) in everything
    for pair in (grant.tokens, renewed):
        assert pair.refresh_token.removeprefix(REFRESH_TOKEN.prefix) not in everything
        assert pair.access_token not in everything


@pytest.mark.parametrize(
    ("statement", "refresh_fails", "verify_fails"),
    [
        ("UPDATE users SET disabled_at = '2030-01-01 00:00:00'", True, True),
        ("DELETE FROM users", True, True),
        ("UPDATE refresh_tokens SET revoked = true", True, True),
        ("UPDATE refresh_tokens SET family_expires_at = '2029-12-31 00:00:00'", True, True),
        ("DELETE FROM refresh_tokens", True, True),
        ("UPDATE users SET role = 'admin'", False, True),
        ("UPDATE users SET email = 'eve@example.com'", False, True),
        ("UPDATE users SET name = 'Eve'", False, False),
    ],
)
def test_what_another_program_changes_counts_at_the_next_use_of_a_token(
    program: Program,
    grant: Grant,
    sql: Sql,
    statement: str,
    refresh_fails: bool,
    verify_fails: bool,
) -> None:
    sql(statement)
    program.token_verifier.verify_offline(grant.tokens.access_token)
    failures = []
    for use, token in (
        (program.token_verifier.verify, grant.tokens.access_token),
        (program.token_exchange.refresh, grant.tokens.refresh_token),
    ):
        try:
            use(token)
            failures.append(False)
        except AuthenticationFailed:
            failures.append(True)
    assert failures == [verify_fails, refresh_fails]


def test_the_tokens_of_an_account_that_another_program_disabled_say_so(
    program: Program, grant: Grant, sql: Sql
) -> None:
    sql("UPDATE users SET disabled_at = CURRENT_TIMESTAMP")
    with pytest.raises(AccountDisabled):
        program.token_verifier.verify(grant.tokens.access_token)
    with pytest.raises(AccountDisabled):
        program.token_exchange.refresh(grant.tokens.refresh_token)


def test_the_access_token_of_a_deleted_account_says_so(program: Program, grant: Grant) -> None:
    program.recycle_bin.delete(["1"])
    with pytest.raises(AccountDisabled):
        program.token_verifier.verify(grant.tokens.access_token)
    with pytest.raises(TokenInvalid):
        program.token_exchange.refresh(grant.tokens.refresh_token)


@pytest.fixture(params=["of our form", "of its own form"])
def foreign(request: pytest.FixtureRequest, grant: Grant, sql: Sql) -> str:
    """The text of a token that another program stored, knowing the shared columns only."""
    text = REFRESH_TOKEN.generate() if request.param == "of our form" else "kYv3:d2F0 é"
    sql(
        "INSERT INTO refresh_tokens (token, user_id, expires_at) "
        "VALUES (:digest, 1, '2030-01-02 00:00:00')",
        digest=sha256(text.encode()).hexdigest(),
    )
    return text


def test_a_token_that_another_program_wrote_can_be_exchanged_and_begins_a_session(
    program: Program, foreign: str
) -> None:
    renewed = program.token_exchange.refresh(foreign)
    claims = program.token_verifier.verify(renewed.tokens.access_token).claims
    assert len(claims.sid) == 32
    assert renewed.session_expires_at == NOW + timedelta(days=30)
    exchanged(program, renewed.tokens)


def test_a_foreign_token_that_comes_back_later_ends_the_session_it_began(
    program: Program, foreign: str, clock: FakeClock
) -> None:
    renewed = program.token_exchange.refresh(foreign)
    clock.advance(minutes=1)
    with pytest.raises(TokenReused):
        program.token_exchange.refresh(foreign)
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(renewed.tokens.refresh_token)


def test_a_foreign_token_can_be_revoked_by_its_text(program: Program, foreign: str) -> None:
    assert program.revocation.revoke_text(foreign).revoked_sessions == 1
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(foreign)


def test_a_token_that_comes_back_before_it_was_used_is_no_race(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    exchanged(program, grant.tokens)
    clock.advance(hours=-1)
    with pytest.raises(TokenReused):
        program.token_exchange.refresh(grant.tokens.refresh_token)


def test_no_access_token_outlives_its_session(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    pair = grant.tokens
    for _ in range(5):
        clock.advance(days=6, minutes=-6)
        pair = exchanged(program, pair)
    assert pair.expires_in == 30 * 60
    claims = program.token_verifier.verify_offline(pair.access_token)
    assert claims.exp == int(grant.session_expires_at.timestamp())
