"""Logins that are throttled are counted, because the audit trail cannot be shortened."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, at_once
from userctl.core.errors import InvalidCredentials, LoginThrottled
from userctl.schemas.audit import AuditQuery
from userctl.schemas.credentials import Credentials
from userctl.schemas.users import UserCreated

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


def throttled(program: Program) -> list[tuple[str | None, int | None, Any, str | None]]:
    """Return target, user, count and source of the events about throttled logins."""
    query = AuditQuery(tag="account:login:failure", limit=None)
    return [
        (event.target, event.user_id, event.detail.get("count"), event.detail["source"])
        for event in program.audit.stream(query)
        if event.detail["reason"] == "throttled"
    ]


def test_a_window_leaves_an_event_at_once_and_one_with_a_count(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    attack(program, refused=40)
    first = (ADA, 1, None, "stranger")
    assert throttled(program) == [first]
    clock.now = NOW + WINDOW
    attack(program, refused=1)
    assert throttled(program) == [first, (ADA, 1, 39, None), first]
    [event] = [e for e in program.audit.stream(AuditQuery(limit=None)) if "count" in e.detail]
    assert event.detail["until"] == (NOW + WINDOW).isoformat()
    clock.advance(minutes=15)
    program.log_in(ADA)
    # A window that refused one login has nothing else to tell.
    assert len(throttled(program)) == 3
    assert program.audit.verify().events > 0


def test_each_bucket_and_each_address_is_counted_by_itself(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    program.log_in_with("password", Credentials(identity=ADA, secret=PASSWORD, source="home"))
    for email, source in ((ADA, "home"), (ADA, "stranger"), (EVE, "stranger"), ("x", "stranger")):
        attack(program, 3, email, source)
    clock.advance(minutes=15)
    for email, source in ((ADA, "home"), (ADA, "stranger"), (EVE, "stranger"), ("x", "stranger")):
        with pytest.raises(InvalidCredentials):
            guess(program, email, source)
    assert [event for event in throttled(program) if event[2]] == [
        (ADA, 1, 2, "home"), (ADA, 1, 2, None), (EVE, None, 2, None), (None, None, 2, None),
    ]  # fmt: skip


def test_unlocking_tells_what_was_refused_until_then(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    attack(program, refused=4)
    assert program.throttling.show("1").failed_logins == LIMIT
    program.throttling.unlock("1")
    program.throttling.unlock("1")
    attack(program, refused=0)
    assert [event[2] for event in throttled(program)] == [None, 3]


def test_a_success_that_began_before_the_refusals_tells_of_them_and_frees_its_place(
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
    assert throttled(program) == [(ADA, 1, 6, None)]
    program.throttling.charge(ADA, "stranger")
    with pytest.raises(LoginThrottled):
        program.throttling.charge(ADA, "stranger")


def test_what_nobody_followed_is_told_when_it_is_forgotten(
    program: Program, clock: FakeClock
) -> None:
    attack(program, refused=9, email=EVE)
    clock.advance(days=2)
    program.throttling.charge(ADA, "stranger")
    assert throttled(program)[-1] == (None, None, 8, None)
    event = program.audit.page(AuditQuery(limit=1)).items[0]
    assert event.detail["address_sha256"] == sha256(EVE.encode()).hexdigest()


def test_of_many_who_open_the_next_window_at_once_one_tells_of_the_last(
    database_url: str, program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    attack(program, refused=3)
    # The clocks of the others stand still, so the window has to end by itself.
    with program.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE login_throttles SET window_ends_at = '2029-12-31 23:00:00'"
        )
    at_once(database_url, *[lambda other: other.throttling.charge(ADA, "stranger")] * 4)
    assert [event[2] for event in throttled(program)] == [None, 2]


def test_a_long_attack_grows_the_trail_by_two_events_a_window(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    before = program.audit.head().id
    for _ in range(4):
        attack(program, refused=30)
        clock.advance(minutes=15)
    assert program.audit.head().id - before == 4 * LIMIT + 4 + 3
