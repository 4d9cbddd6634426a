"""What anyone can bring about is counted, because the audit trail cannot be shortened."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.integration.conftest import (
    NOW,
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    run_at_once,
)
from userctl.core.errors import (
    AuthenticationFailed,
    InvalidCredentials,
    LoginThrottled,
    PasswordRejected,
)
from userctl.schemas.audit import AuditEventRead, AuditQuery
from userctl.schemas.credentials import Credentials
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreated
from userctl.security.opaque_token import API_TOKEN, REFRESH_TOKEN
from userctl.services.authentication import bounded_events

ADA = "ada@example.com"
EVE = "eve@example.com"
LIMIT = 5
WINDOW = timedelta(minutes=15)


def guess(program: Program, email: str = ADA, source: str = "stranger") -> None:
    program.log_in_with(
        "password", Credentials(identity=email, secret="wrong horse 77", source=source)
    )


def attack(program: Program, refused: int, email: str = ADA, source: str = "stranger") -> None:
    """Guess until the window is full, and then some more."""
    for _ in range(LIMIT):
        with pytest.raises(InvalidCredentials):
            guess(program, email, source)
    for _ in range(refused):
        with pytest.raises(LoginThrottled):
            guess(program, email, source)


def events(program: Program, reason: str = "throttled") -> list[AuditEventRead]:
    found = program.audit.stream(AuditQuery(limit=None))
    return [event for event in found if event.detail.get("reason") == reason]


def throttled(program: Program) -> list[tuple[str | None, int | None, Any, str | None]]:
    """Return target, user, count and source of the events about throttled logins."""
    return [
        (event.target, event.user_id, event.detail.get("count"), event.detail["source"])
        for event in events(program)
    ]


def test_a_window_leaves_one_event_at_once_and_the_next_one_tells_how_many_it_was(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    attack(program, refused=40)
    assert throttled(program) == [(ADA, 1, None, "stranger")]
    clock.now = NOW + WINDOW
    attack(program, refused=1)
    assert throttled(program)[1:] == [(ADA, 1, 40, "stranger")]
    assert events(program)[1].detail["until"] == (NOW + WINDOW).isoformat()
    clock.advance(minutes=15)
    attack(program, refused=1)
    # A window that refused one login has nothing else to tell.
    assert throttled(program)[2:] == [(ADA, 1, None, "stranger")]
    assert program.audit.verify().events > 0


def test_each_bucket_and_each_address_is_counted_by_itself(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    program.log_in_with("password", Credentials(identity=ADA, secret=PASSWORD, source="home"))
    victims = ((ADA, "home"), (ADA, "stranger"), (EVE, "stranger"), ("x", "stranger"))
    for _ in range(2):
        for email, source in victims:
            attack(program, 3, email, source)
        clock.advance(minutes=15)
    told = [
        (ADA, 1, None, "home"), (ADA, 1, None, "stranger"),
        (EVE, None, None, "stranger"), (None, None, None, "stranger"),
    ]  # fmt: skip
    assert throttled(program) == told + [(*who, 3, source) for *who, _, source in told]


def test_a_success_that_began_before_the_refusals_frees_its_place(
    program: Program, ada: UserCreated
) -> None:
    for _ in range(LIMIT - 1):
        program.throttling.charge(ADA, "stranger")
    charge = program.throttling.charge(ADA, "home")
    for _ in range(7):
        with pytest.raises(LoginThrottled):
            program.throttling.charge(ADA, "stranger")
    with program.database.writing() as uow:
        charge.refund(uow)
        uow.commit()
    program.throttling.charge(ADA, "stranger")
    with pytest.raises(LoginThrottled):
        program.throttling.charge(ADA, "stranger")


def test_what_was_only_counted_is_told_when_it_is_forgotten(
    program: Program, clock: FakeClock
) -> None:
    attack(program, refused=9, email=EVE)
    clock.advance(days=2)
    program.throttling.charge(ADA, "stranger")
    program.throttling.charge(ADA, "stranger")
    assert throttled(program)[-1] == (None, None, 8, None)
    event = program.audit.page(AuditQuery(limit=1)).items[0]
    assert event.detail["subject_sha256"] == sha256(EVE.encode()).hexdigest()[1:]
    assert event.tag == "account:login:failure"


def test_of_many_who_open_the_next_window_at_once_one_tells_of_the_last(
    database_url: str, program: Program, ada: UserCreated, sql: Sql
) -> None:
    attack(program, refused=3)
    # The clocks of the others stand still, so the window has to end by itself.
    sql(
        "UPDATE login_throttles SET window_ends_at = '2029-12-31 23:00:00' "
        "WHERE source LIKE '%throttled'"
    )
    run_at_once(database_url, *[guess] * 4)
    assert [event[2] for event in throttled(program)] == [None, 3]
    counters = "SELECT sum(charges) FROM login_throttles WHERE source LIKE '%throttled'"
    assert sql(counters) == [(4,)]


def test_a_long_attack_grows_the_trail_by_one_event_a_window(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    before = program.audit.head().id
    for _ in range(4):
        attack(program, refused=30)
        clock.advance(minutes=15)
    assert program.audit.head().id - before == 4 * (LIMIT + 1)


def refused_api_token(program: Program) -> Callable[[], object]:
    new = ApiTokenCreate(user=ADA, label="ci", expires_in=None)
    token = program.api_tokens.issue(new).token
    program.revocation.revoke(["api-1"])
    return lambda: program.api_tokens.verify(token)


def login_with_refused_api_token(program: Program) -> Callable[[], object]:
    new = ApiTokenCreate(user=ADA, label="ci", expires_in=timedelta(microseconds=1))
    credentials = Credentials(secret=program.api_tokens.issue(new).token, identity=EVE)
    return lambda: program.log_in_with("api-token", credentials)


def ended_session(program: Program) -> Callable[[], object]:
    token = program.log_in(ADA).tokens.refresh_token
    program.revocation.revoke_text(token)
    return lambda: program.token_exchange.refresh(token)


def reused_token(program: Program) -> Callable[[], object]:
    token = program.log_in(ADA).tokens.refresh_token
    program.token_exchange.refresh(token)
    program._clock.advance(minutes=1)
    with pytest.raises(AuthenticationFailed):
        program.token_exchange.refresh(token)
    return lambda: program.token_exchange.refresh(token)


def rejected_password(program: Program) -> Callable[[], object]:
    program.user_passwords.require_change("1")
    credentials = Credentials(identity=ADA, secret=PASSWORD, new_secret="short")
    return lambda: program.log_in_with("password", credentials)


ATTEMPTS: dict[str, Callable[[Program], Callable[[], object]]] = {
    "unknown API token": lambda program: lambda: program.api_tokens.verify(API_TOKEN.generate()),
    "malformed API token": lambda program: lambda: program.api_tokens.verify("garbage"),
    "login with an unknown API token": lambda program: (
        lambda: program.log_in_with("api-token", Credentials(secret=API_TOKEN.generate()))
    ),
    "unknown refresh token": lambda program: (
        lambda: program.token_exchange.refresh(REFRESH_TOKEN.generate())
    ),
    "malformed refresh token": lambda program: lambda: program.token_exchange.refresh("\n"),
    "refused API token": refused_api_token,
    "login with a refused API token": login_with_refused_api_token,
    "token of an ended session": ended_session,
    "token reused again": reused_token,
    "rejected new password": rejected_password,
}


@pytest.mark.parametrize("prepare", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_whatever_fails_again_and_again_leaves_one_event_a_window(
    program: Program,
    ada: UserCreated,
    clock: FakeClock,
    prepare: Callable[[Program], Callable[[], object]],
) -> None:
    attempt = prepare(program)
    before = program.audit.head().id
    for _ in range(2):
        for _ in range(4):
            with pytest.raises((AuthenticationFailed, PasswordRejected)):
                attempt()
        clock.advance(minutes=15)
    told = list(program.audit.stream(AuditQuery(after=before, limit=None)))
    assert [event.detail.get("count") for event in told] == [None, 4]
    assert {event.outcome for event in told} == {"failure"}


def test_who_names_ever_new_addresses_does_not_grow_the_trail_at_will(
    program: Program, ada: UserCreated, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_events, "MOST_EVENTS", 3)
    before = program.audit.head().id
    for number in range(8):
        with pytest.raises(InvalidCredentials):
            guess(program, f"u{number}@example.com", f"192.0.2.{number}")
    assert program.audit.head().id - before == 3
    clock.advance(minutes=15)
    with pytest.raises(InvalidCredentials):
        guess(program, ADA)
    [told] = events(program, "various")
    assert (told.target, told.detail["count"], told.detail["until"]) == (
        None, 5, (NOW + WINDOW).isoformat(),
    )  # fmt: skip
    assert program.audit.head().id - before == 5
    # What is counted neither admits a login nor refuses one.
    assert program.throttling.show("1").failed_logins == 1
    program.log_in(ADA)


def test_the_counters_are_no_failed_logins(program: Program, ada: UserCreated, sql: Sql) -> None:
    attack(program, refused=20)
    detail = program.throttling.show("1")
    assert detail.failed_logins == LIMIT
    assert detail.throttled_until == NOW + WINDOW
    program.throttling.unlock("1")
    assert program.throttling.show("1").failed_logins == 0
    assert sql("SELECT sum(charges) FROM login_throttles WHERE source LIKE '% throttled'") == [
        (20,)
    ]
