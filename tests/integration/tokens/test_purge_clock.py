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


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_two_wrong_clocks_do_not_vouch_for_each_other(
    alive: Program,
    clock: FakeClock,
    sql: Sql,
    write: Callable[[Program, FakeClock, Sql], object],
) -> None:
    for days in (25, 50):
        clock.now = NOW + timedelta(days=days)
        write(alive, clock, sql)
        if days == 25:
            clock.now = NOW + timedelta(hours=1)
            write(alive, clock, sql)
    with pytest.raises(ClockSuspect, match=r"gap of (49|50) days"):
        alive.purge.purge(NIGHTLY)
    assert living(sql) == [(2,)]


@pytest.mark.parametrize("honest", ["login", "token of an application"])
def test_a_token_that_an_application_issued_by_a_wrong_clock_vouches_for_nothing(
    alive: Program, clock: FakeClock, sql: Sql, honest: str
) -> None:
    clock.now = NOW + timedelta(days=25)
    insert_by_application(alive, clock, sql)
    clock.now = NOW + timedelta(hours=1)
    WRITES[honest](alive, clock, sql)
    clock.now = NOW + timedelta(days=50)
    alive.log_in(ADA)
    with pytest.raises(ClockSuspect, match="gap of 49 days"):
        alive.purge.purge(NIGHTLY)
    assert living(sql) == [(2,)]


def test_a_clock_that_jumps_forth_and_back_many_times_is_not_believed(
    alive: Program, clock: FakeClock, sql: Sql
) -> None:
    for hours in range(1, 9):
        clock.now = NOW + timedelta(days=hours * 12, hours=hours)
        alive.log_in(ADA)
        clock.now = NOW + timedelta(hours=hours)
        # More and more writes, so that no short look back finds them all.
        for _ in range(hours):
            alive.log_in(ADA)
    clock.now = NOW + timedelta(days=100)
    alive.log_in(ADA)
    with pytest.raises(ClockSuspect, match="last write before a gap of 99 days"):
        alive.purge.purge(NIGHTLY)
    set_back = alive.audit.page(AuditQuery(tag="clock:set_back")).items
    assert [event.time for event in set_back] == [NOW + timedelta(hours=h) for h in range(1, 9)]
    assert set_back[0].detail == {"before": (NOW + timedelta(days=12, hours=1)).isoformat()}
    assert alive.audit.verify().events > 0
    # Once the clock is right again, every night works.
    clock.now = NOW + timedelta(hours=9)
    for _ in range(3):
        clock.advance(days=9)
        alive.purge.purge(NIGHTLY)
    assert living(sql) == [(1,)]


def test_a_clock_that_was_behind_once_does_not_make_a_nightly_purge_suspicious(
    alive: Program, clock: FakeClock
) -> None:
    for days in (8, 16, 24, 12, 32, 40, 48, 56):
        clock.now = NOW + timedelta(days=days)
        alive.log_in(ADA)
        alive.purge.purge(NIGHTLY)
    assert len(alive.audit.page(AuditQuery(tag="clock:set_back")).items) == 1


def test_a_wrong_clock_confirmed_before_it_was_set_back_vouches_for_nothing(
    alive: Program, clock: FakeClock, sql: Sql
) -> None:
    clock.advance(days=200)
    alive.purge.purge(NIGHTLY.model_copy(update={"trust_clock": True}))
    clock.now = NOW + timedelta(hours=1)
    alive.log_in(ADA)
    clock.now = NOW + timedelta(days=150)
    alive.log_in(ADA)
    with pytest.raises(ClockSuspect):
        alive.purge.purge(NIGHTLY)


def test_an_adoption_by_a_wrong_clock_does_not_vouch_for_it(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    """Before it there are only tokens of the application, and its trail begins with it."""
    clock.advance(days=1000)
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    clock.now = NOW
    insert_by_application(program, clock, sql)
    clock.advance(days=1000)
    program.log_in(ADA)
    with pytest.raises(ClockSuspect):
        program.purge.purge(NIGHTLY)
