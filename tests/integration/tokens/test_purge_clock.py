"""A clock that jumped, and what it wrote itself, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import ClockSuspect, UserctlError
from userctl.repositories.database_stats import DatabaseStatsRepository
from userctl.schemas.audit import AuditQuery
from userctl.schemas.database import PurgeOptions
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate

ADA = "ada@example.com"
NIGHTLY = PurgeOptions(older_than=timedelta(days=1))


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server have the same wrong clock, as one on the same machine has."""
    monkeypatch.setattr(DatabaseStatsRepository, "server_time", lambda _: None)


@pytest.fixture
def alive(program: Program) -> Program:
    """A session and an API token that are in force."""
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    program.log_in(ADA)
    program.api_tokens.issue(ApiTokenCreate(user="1", label="ci", expires_in=timedelta(days=90)))
    return program


def living(sql: Sql) -> list[tuple[int]]:
    """Return how many of the two first tokens are still there."""
    return sql(
        "SELECT (SELECT count(*) FROM refresh_tokens WHERE id = 1) "
        "+ (SELECT count(*) FROM api_tokens WHERE id = 1)"
    )


def insert_by_application(program: Program, clock: FakeClock, sql: Sql) -> None:
    """Let an application issue a token that is valid for 90 days, without any event."""
    sql(
        "INSERT INTO refresh_tokens (token, user_id, expires_at, created_at) "
        "SELECT 'app' || count(*), 1, :expires, :now FROM refresh_tokens",
        now=f"{clock.now:%Y-%m-%d %H:%M:%S}",
        expires=f"{clock.now + timedelta(days=90):%Y-%m-%d %H:%M:%S}",
    )


def fail_to_log_in(program: Program, _clock: FakeClock, _sql: Sql) -> None:
    with pytest.raises(UserctlError):
        program.log_in(ADA, "wrong horse 77")


WRITES: dict[str, Callable[[Program, FakeClock, Sql], object]] = {
    "nothing": lambda program, clock, sql: None,
    "login": lambda program, clock, sql: program.log_in(ADA),
    "failed login": fail_to_log_in,
    "user": lambda program, clock, sql: program.users.create(
        UserCreate(email=f"{clock.now:u%j%H@example.com}")
    ),
    "api token": lambda program, clock, sql: program.api_tokens.issue(
        ApiTokenCreate(user="1", label="new", expires_in=None)
    ),
    "revocation": lambda program, clock, sql: program.revocation.revoke(["1"]),
    "token of an application": insert_by_application,
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_what_a_clock_that_jumped_wrote_itself_does_not_vouch_for_it(
    alive: Program,
    clock: FakeClock,
    sql: Sql,
    write: Callable[[Program, FakeClock, Sql], object],
) -> None:
    clock.advance(days=36_000)
    for _ in range(3):
        write(alive, clock, sql)
        clock.advance(hours=9)
    with pytest.raises(ClockSuspect, match="gap of") as caught:
        alive.purge.purge(NIGHTLY)
    assert "2030-01-01T00:00:00Z" in caught.value.message
    assert living(sql) == [(2,)]


def test_it_is_not_believed_later_either_if_it_stays_wrong(
    alive: Program, clock: FakeClock, sql: Sql
) -> None:
    clock.advance(days=95)
    for _ in range(5):
        alive.log_in(ADA)
        with pytest.raises(ClockSuspect):
            alive.purge.purge(NIGHTLY)
        clock.advance(days=9)
    assert living(sql) == [(2,)]


def test_a_second_jump_does_not_hide_the_first(alive: Program, clock: FakeClock, sql: Sql) -> None:
    for days in (100, 50):
        clock.advance(days=days)
        alive.users.create(UserCreate(email=f"u{days}@example.com"))
    with pytest.raises(ClockSuspect):
        alive.purge.purge(NIGHTLY)
    assert living(sql) == [(2,)]


def test_what_a_clock_wrote_before_it_was_set_right_does_not_vouch_for_another_jump(
    alive: Program, clock: FakeClock, sql: Sql
) -> None:
    clock.advance(days=25)
    alive.log_in(ADA)
    clock.now = NOW + timedelta(hours=1)
    alive.log_in(ADA)
    # Within the span of a session of the wrong row, but not of the right one.
    clock.advance(days=50)
    with pytest.raises(ClockSuspect):
        alive.purge.purge(NIGHTLY)


def test_deleted_users_are_not_purged_by_a_clock_that_wrote_something(
    alive: Program, clock: FakeClock
) -> None:
    alive.users.create(UserCreate(email="eve@example.com"))
    alive.recycle_bin.delete([ADA])
    clock.advance(days=400)
    alive.users.create(UserCreate(email="bob@example.com"))
    with pytest.raises(ClockSuspect):
        alive.recycle_bin.purge(timedelta(days=30))
    assert alive.recycle_bin.purge(timedelta(days=30), trust_clock=True).purged == 1


def test_a_nightly_purge_works_after_years_without_any_user(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    program.log_in(ADA)
    for label, days in (("short", 90), ("long", 800)):
        span = timedelta(days=days)
        program.api_tokens.issue(ApiTokenCreate(user="1", label=label, expires_in=span))
    deleted = 0
    # Not every night, to be quick.
    for _ in range(50):
        clock.advance(days=25)
        deleted += program.purge.purge(NIGHTLY).deleted
    assert deleted == 3
    program.log_in(ADA)
    clock.advance(days=9)
    assert program.purge.purge(NIGHTLY).deleted == 1


def test_a_login_after_years_without_a_purge_is_purged_as_any_other(
    program: Program, clock: FakeClock
) -> None:
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    clock.advance(days=1000)
    program.log_in(ADA)
    clock.advance(days=9)
    assert program.purge.purge(NIGHTLY).deleted == 1


def test_after_a_silence_an_operator_confirms_the_clock_once(
    alive: Program, clock: FakeClock, sql: Sql
) -> None:
    span = timedelta(days=420)
    alive.api_tokens.issue(ApiTokenCreate(user="1", label="long", expires_in=span))
    clock.advance(days=400)
    alive.log_in(ADA)
    with pytest.raises(ClockSuspect, match="400 days") as caught:
        alive.purge.purge(NIGHTLY)
    assert "--yes" in (caught.value.hint or "")
    confirmed = NIGHTLY.model_copy(update={"trust_clock": True})
    assert alive.purge.purge(confirmed).deleted == 2
    [event] = alive.audit.page(AuditQuery(tag="clock:confirm")).items
    assert event.detail["gap"] == [NOW.isoformat(), (NOW + timedelta(days=400)).isoformat()]
    clock.advance(days=25)
    assert alive.purge.purge(NIGHTLY).deleted == 2
    assert alive.audit.page(AuditQuery(tag="clock:confirm")).items == [event]


def test_a_confirmation_of_a_wrong_clock_does_not_vouch_for_the_next_jump(
    alive: Program, clock: FakeClock
) -> None:
    clock.advance(days=1000)
    alive.purge.purge(NIGHTLY.model_copy(update={"trust_clock": True}))
    clock.now = NOW + timedelta(hours=1)
    alive.log_in(ADA)
    clock.advance(days=500)
    alive.log_in(ADA)
    with pytest.raises(ClockSuspect):
        alive.purge.purge(NIGHTLY)


def test_logins_at_an_application_keep_the_record_without_gaps(
    alive: Program, clock: FakeClock, sql: Sql
) -> None:
    """Its tokens live for longer than our sessions, and it leaves no events."""
    for _ in range(30):
        clock.advance(days=7)
        insert_by_application(alive, clock, sql)
    assert alive.purge.purge(NIGHTLY).deleted > 10


def test_adopted_users_that_are_old_raise_no_suspicion(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    sql("UPDATE users SET created_at = '2001-01-01 00:00:00'")
    program.log_in(ADA)
    clock.advance(days=9)
    assert program.purge.purge(NIGHTLY).deleted == 1


def test_a_short_session_does_not_make_a_weekly_purge_suspicious(
    program: Program, clock: FakeClock
) -> None:
    program._longest_session = timedelta(days=1)
    program._lifetimes = replace(program._lifetimes, session=timedelta(days=1))
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    program.log_in(ADA)
    clock.advance(days=7)
    assert program.purge.purge(NIGHTLY).deleted == 1
