"""What a login by password costs, whom it lets in and what it leaves behind, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, run_at_once, type_names
from tests.support.marks import repeat
from userctl.core.errors import (
    InvalidCredentials,
    LoginThrottled,
    PasswordChangeRequired,
    PasswordRejected,
    TokenRevoked,
)
from userctl.schemas.credentials import Credentials
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security.passwords import PasswordHasher

ADA = "ada@example.com"
NEW = "battery staple 88"
LIMIT = 5


class CountingHasher(PasswordHasher):
    """Counts the passwords it verifies, whichever thread asks."""

    def __init__(self) -> None:
        super().__init__(cost=4)
        self.verified = 0
        self._lock = Lock()

    def verify(self, password: str, hashed: str) -> bool:
        with self._lock:
            self.verified += 1
        return super().verify(password, hashed)


def log_in(program: Program, secret: str = PASSWORD, **more: Any) -> Grant:
    """Log in as ada."""
    return program.log_in_with("password", Credentials(identity=ADA, secret=secret, **more))


def fail(program: Program, times: int = LIMIT, **more: Any) -> None:
    """Fail to log in as ada."""
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            log_in(program, "wrong", **more)


def failed_logins(program: Program) -> int:
    return program.throttling.show(ADA).failed_logins


def states(program: Program) -> list[str]:
    return [token.state for token in program.token_list.stream(TokenQuery())]


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
@repeat("number", few=12, soak=50)
def test_of_guesses_at_once_no_more_are_hashed_than_the_limit(
    database_url: str, ada: UserCreated, email: str, number: int
) -> None:
    hasher = CountingHasher()

    def guess(other: Program) -> Grant:
        other.tools = replace(other.tools, hasher=hasher)
        return other.log_in(email, "wrong")

    outcomes = run_at_once(database_url, *[guess] * number)
    assert type_names(outcomes) == ["InvalidCredentials"] * LIMIT + ["LoginThrottled"] * (
        number - LIMIT
    )
    assert hasher.verified == LIMIT


def test_the_right_password_is_not_even_looked_at_while_logins_are_throttled(
    program: Program, ada: UserCreated
) -> None:
    fail(program, source="elsewhere")
    hasher = CountingHasher()
    program.tools = replace(program.tools, hasher=hasher)
    with pytest.raises(LoginThrottled):
        log_in(program)
    assert hasher.verified == 0


def test_any_number_of_logins_may_succeed(program: Program, ada: UserCreated) -> None:
    for _ in range(2 * LIMIT):
        log_in(program)
    assert failed_logins(program) == 0


def test_a_source_that_logged_in_is_not_locked_out_by_failures_elsewhere(
    program: Program, ada: UserCreated
) -> None:
    log_in(program, source="office")
    fail(program, source="elsewhere")
    log_in(program, source="office")
    with pytest.raises(LoginThrottled):
        log_in(program, source="home")


@pytest.fixture
def given_out(program: Program) -> UserCreated:
    """An account whose password has to be changed."""
    return program.users.create(
        UserCreate(email=ADA, name="Ada Lovelace", password=PASSWORD, must_change_password=True)
    )


def test_a_password_that_has_to_be_changed_starts_no_session(
    program: Program, given_out: UserCreated
) -> None:
    with pytest.raises(PasswordChangeRequired):
        log_in(program)
    assert states(program) == []
    assert program.users.show(ADA).must_change_password


def test_a_wrong_password_does_not_tell_that_it_would_have_to_be_changed(
    program: Program, given_out: UserCreated
) -> None:
    with pytest.raises(InvalidCredentials):
        log_in(program, "wrong", new_secret=NEW)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("short", "needs 8"),
        ("password123", "common"),
        (ADA, "own e-mail address or name"),
        ("ada lovelace", "own e-mail address or name"),
        (PASSWORD, "same as the current password"),
    ],
)
def test_a_new_password_at_login_has_to_satisfy_the_whole_policy(
    program: Program, given_out: UserCreated, new: str, reason: str
) -> None:
    with pytest.raises(PasswordRejected, match=reason):
        log_in(program, new_secret=new)
    assert states(program) == []
    with pytest.raises(PasswordChangeRequired):
        log_in(program)


def test_a_new_password_at_login_takes_the_place_of_the_one_given_out(
    program: Program, given_out: UserCreated
) -> None:
    grant = log_in(program, new_secret=NEW)
    assert not grant.user.must_change_password
    assert states(program) == ["active"]
    with pytest.raises(InvalidCredentials):
        log_in(program)
    assert log_in(program, NEW).user.id == given_out.id


def test_a_new_password_at_login_ends_the_sessions_of_whoever_knew_the_old_one(
    program: Program, grant: Grant, sql: Sql
) -> None:
    sql("UPDATE users SET must_change_password = true")
    log_in(program, new_secret=NEW)
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(grant.tokens.refresh_token)
    assert states(program) == ["revoked", "active"]


@pytest.mark.parametrize("new", [None, "short"])
def test_to_be_asked_for_another_password_is_no_failure(
    program: Program, given_out: UserCreated, new: str | None
) -> None:
    for _ in range(2 * LIMIT):
        with pytest.raises((PasswordChangeRequired, PasswordRejected)):
            log_in(program, new_secret=new)
    assert failed_logins(program) == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET must_change_password = true",
        "UPDATE users SET disabled_at = '2030-01-01 00:00:00'",
    ],
)
def test_a_proof_is_worth_nothing_once_another_program_changed_the_account(
    program: Program, ada: UserCreated, sql: Sql, change: str
) -> None:
    proof = program.authentication.authenticate(Credentials(identity=ADA, secret=PASSWORD))
    sql(change)
    with pytest.raises(InvalidCredentials):
        program.token_issuer.start_session(proof)
    assert states(program) == []


def test_an_account_that_another_program_disabled_is_refused_like_a_wrong_password(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    sql("UPDATE users SET disabled_at = '2030-01-01 00:00:00'")
    refusals = []
    for secret in (PASSWORD, "wrong"):
        with pytest.raises(InvalidCredentials) as caught:
            log_in(program, secret)
        refusals.append((caught.value.message, caught.value.hint))
    assert refusals[0] == refusals[1]
    assert failed_logins(program) == 2


Call = Callable[[Program], object]


@pytest.mark.parametrize(
    "refuse",
    [
        lambda program: log_in(program, "wrong"),
        lambda program: program.log_in("nobody@example.com", "wrong"),
    ],
    ids=["known", "unknown"],
)
def test_a_window_of_failures_ends_for_known_and_unknown_accounts_alike(
    program: Program, ada: UserCreated, clock: FakeClock, refuse: Call
) -> None:
    for _ in range(LIMIT):
        with pytest.raises(InvalidCredentials):
            refuse(program)
    with pytest.raises(LoginThrottled):
        refuse(program)
    clock.advance(minutes=15)
    with pytest.raises(InvalidCredentials):
        refuse(program)
