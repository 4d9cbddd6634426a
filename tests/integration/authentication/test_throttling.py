"""Logins are charged before they are checked, and no guess gets more than its share."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.conftest import NOW, FakeClock, Program, Sql, run_at_once, type_names
from tests.support.marks import repeat
from userctl.core.errors import DatabaseDamaged, InvalidInput, LoginThrottled, UserNotFound
from userctl.core.text import has_invisible_characters
from userctl.schemas.users import UserCreated, UserDetail
from userctl.services.authentication.throttling import Charge, LoginThrottling

ADA = "ada@example.com"
HOME = "ada@home"
LIMIT = 5
WINDOW = timedelta(minutes=15)
UNSTORABLE = ["", "\ud800@example.com", "\0@example.com", "a" * 5000, "a\nb", "\u200b"]


def rows(sql: Sql) -> list[tuple[Any, ...]]:
    """Return the whole table."""
    return sql("SELECT * FROM login_throttles ORDER BY address, source")


def charges(sql: Sql, source: str = "", email: str = ADA) -> int | None:
    """Return what stands in one bucket; None if there is no such row."""
    found = sql(
        "SELECT charges FROM login_throttles WHERE address = :address AND source = :source",
        address=hashlib.sha256(email.encode()).hexdigest(),
        source=source,
    )
    return found[0][0] if found else None


def fill(throttling: LoginThrottling, source: str = "stranger", email: str = ADA) -> None:
    """Charge until no more is admitted."""
    for _ in range(LIMIT):
        throttling.charge(email, source)
    with pytest.raises(LoginThrottled):
        throttling.charge(email, source)


def refund(program: Program, charge: Charge) -> None:
    """Succeed with a login."""
    with program.database.writing() as uow:
        charge.refund(uow)
        uow.commit()


def succeed(program: Program, source: str = HOME, email: str = ADA) -> None:
    """Charge a login and succeed with it."""
    refund(program, program.throttling.charge(email, source))


def charging(source: str, behind: timedelta) -> Callable[[Program], Charge]:
    """Return a call that charges a login on a clock that is behind."""
    now = NOW - behind

    def charge(other: Program) -> Charge:
        return LoginThrottling(
            other.database, login_attempts=LIMIT, login_window=WINDOW, clock=lambda: now
        ).charge(ADA, source)

    return charge


@repeat("number", few=12, soak=50)
def test_of_many_guesses_at_once_no_more_are_admitted_than_the_limit(
    database_url: str, sql: Sql, number: int
) -> None:
    # A guess that read the clock later may get its turn sooner.
    guesses = [charging(f"s{n}", n * timedelta(milliseconds=100)) for n in range(number)]
    outcomes = run_at_once(database_url, *guesses)
    assert type_names(outcomes) == ["Charge"] * LIMIT + ["LoginThrottled"] * (number - LIMIT)
    assert charges(sql) == LIMIT


def test_guesses_at_once_from_a_source_that_succeeded_share_its_bucket(
    database_url: str, program: Program, sql: Sql
) -> None:
    succeed(program)
    guesses = [charging(HOME, timedelta())] * 12
    assert (
        type_names(run_at_once(database_url, *guesses)) == ["Charge"] * 5 + ["LoginThrottled"] * 7
    )
    assert (charges(sql, HOME), charges(sql)) == (5, 0)


def test_successes_and_an_unlocking_at_once_do_not_block_each_other(
    database_url: str, program: Program, ada: UserCreated, sql: Sql
) -> None:
    def succeeding(source: str) -> Callable[[Program], None]:
        def log_in(other: Program) -> None:
            charge = other.throttling.charge(ADA, source)
            with other.database.writing() as uow:
                assert uow.users.lock(ada.id)
                charge.refund(uow)
                uow.commit()

        return log_in

    logins = [succeeding(f"s{n}") for n in range(4)]
    outcomes = run_at_once(database_url, *logins, lambda other: other.throttling.unlock(ADA))
    assert type_names(outcomes) == ["NoneType"] * 4 + ["UserDetail"]
    assert sql("SELECT sum(charges), count(succeeded_at) FROM login_throttles") == [(0, 4)]


def test_a_throttled_attempt_changes_nothing(
    throttling: LoginThrottling, clock: FakeClock, sql: Sql
) -> None:
    # A row that could be pruned stays, too.
    throttling.charge("old@example.com", "stranger")
    clock.advance(days=40)
    fill(throttling, email="b@example.com")
    throttling.charge("older@example.com", "stranger")
    sql("UPDATE login_throttles SET expires_at = '2020-01-01 00:00:00' WHERE charges = 1")
    before = rows(sql)
    clock.advance(minutes=3)
    for source in ("stranger", "another", HOME):
        with pytest.raises(LoginThrottled):
            throttling.charge("b@example.com", source)
    assert rows(sql) == before


def test_a_window_ends_to_the_microsecond_and_another_opens(
    throttling: LoginThrottling, clock: FakeClock, sql: Sql
) -> None:
    throttling.charge(ADA, "stranger")
    clock.advance(minutes=10)
    for _ in range(LIMIT - 1):
        throttling.charge(ADA, "stranger")
    clock.now = NOW + WINDOW - timedelta(microseconds=1)
    with pytest.raises(LoginThrottled) as caught:
        throttling.charge(ADA, "stranger")
    assert caught.value.resets_in == timedelta(microseconds=1)
    clock.now = NOW + WINDOW
    charge = throttling.charge(ADA, "stranger")
    assert charge.window_ends_at == NOW + 2 * WINDOW
    assert charges(sql) == 1


def test_a_success_costs_nothing(program: Program, clock: FakeClock, sql: Sql) -> None:
    for number in range(3 * LIMIT):
        succeed(program, source=f"s{number}")
        clock.advance(seconds=1)
    assert charges(sql) == 0
    program.throttling.charge(ADA, "stranger")
    succeed(program, source="another")
    assert charges(sql) == 1


def test_a_success_disregards_earlier_failures_of_its_source_alone(
    program: Program, sql: Sql
) -> None:
    succeed(program)
    for source in (HOME, HOME, HOME, "stranger"):
        program.throttling.charge(ADA, source)
    assert charges(sql, HOME) == 3
    succeed(program)
    assert (charges(sql, HOME), charges(sql)) == (0, 1)
    fill(program.throttling, HOME)


def test_a_refund_after_the_window_leaves_the_next_one_alone(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    late = program.throttling.charge(ADA, HOME)
    clock.advance(minutes=15)
    program.throttling.charge(ADA, "stranger")
    refund(program, late)
    assert (charges(sql), charges(sql, HOME)) == (1, 0)


def test_a_refund_after_unlocking_takes_no_charge_of_somebody_else(
    program: Program, ada: UserCreated, clock: FakeClock, sql: Sql
) -> None:
    first, second = (program.throttling.charge(ADA, source) for source in (HOME, "elsewhere"))
    program.throttling.unlock(ADA)
    refund(program, first)
    assert charges(sql) == 0
    clock.advance(seconds=1)
    program.throttling.charge(ADA, "stranger")
    refund(program, second)
    assert charges(sql) == 1


def test_a_login_that_is_rolled_back_stays_charged_and_earns_no_trust(
    program: Program, sql: Sql
) -> None:
    charge = program.throttling.charge(ADA, HOME)
    with program.database.writing() as uow:
        charge.refund(uow)
    assert (charges(sql), charges(sql, HOME)) == (1, None)


def test_strangers_cannot_lock_out_a_source_that_succeeded_within_thirty_days(
    program: Program, clock: FakeClock
) -> None:
    succeed(program)
    clock.advance(days=30, microseconds=-1)
    fill(program.throttling)
    assert program.throttling.charge(ADA, HOME).bucket == HOME
    clock.advance(microseconds=1)
    with pytest.raises(LoginThrottled):
        program.throttling.charge(ADA, HOME)


def test_each_success_renews_the_thirty_days(program: Program, clock: FakeClock) -> None:
    for _ in range(3):
        succeed(program)
        clock.advance(days=29)
    fill(program.throttling)
    assert program.throttling.charge(ADA, HOME).bucket == HOME


def test_a_bucket_of_ones_own_is_for_one_address(program: Program) -> None:
    succeed(program)
    fill(program.throttling, email="grace@example.com")
    with pytest.raises(LoginThrottled):
        program.throttling.charge("grace@example.com", HOME)


@pytest.mark.parametrize("source", [HOME.upper(), f"{HOME} ", "ada@home\u0301", "ada_home", "%"])
def test_a_source_that_only_looks_like_a_trusted_one_is_not_trusted(
    program: Program, source: str
) -> None:
    succeed(program)
    assert program.throttling.charge(ADA, source).bucket == ""


@pytest.mark.parametrize("spelling", ["ADA@EXAMPLE.COM", "Ada@Example.com", "ada@EXAMPLE.com"])
def test_an_address_has_one_bucket_however_it_is_written(
    throttling: LoginThrottling, spelling: str
) -> None:
    fill(throttling)
    with pytest.raises(LoginThrottled):
        throttling.charge(spelling, "stranger")


def test_an_address_without_an_account_is_throttled_in_the_same_words(
    throttling: LoginThrottling, ada: UserCreated
) -> None:
    def refused(email: str) -> tuple[str, str | None]:
        fill(throttling, email=email)
        with pytest.raises(LoginThrottled) as caught:
            throttling.charge(email, "stranger")
        return caught.value.message, caught.value.hint

    assert refused(ADA) == refused("nobody@example.com")


def test_all_that_is_no_address_shares_one_bucket(throttling: LoginThrottling, sql: Sql) -> None:
    for email in UNSTORABLE[:LIMIT]:
        throttling.charge(email, "stranger")
    for email in UNSTORABLE:
        with pytest.raises(LoginThrottled):
            throttling.charge(email, "another")
    assert len(rows(sql)) == 1
    throttling.charge(ADA, "stranger")


@pytest.mark.parametrize("days", [1, 400, 365 * 20])
def test_a_clock_that_was_set_back_locks_nobody_out(
    program: Program, clock: FakeClock, ada: UserCreated, days: int
) -> None:
    clock.advance(days=days)
    succeed(program)
    fill(program.throttling)
    fill(program.throttling, HOME)
    clock.now = NOW
    assert program.throttling.show(ADA).throttled_until is None
    assert program.throttling.charge(ADA, "stranger").window_ends_at == NOW + WINDOW
    assert program.throttling.charge(ADA, HOME).window_ends_at == NOW + WINDOW


def test_a_clock_that_is_a_little_behind_opens_no_window_anew(
    throttling: LoginThrottling, clock: FakeClock
) -> None:
    fill(throttling)
    clock.advance(minutes=-5)
    with pytest.raises(LoginThrottled) as caught:
        throttling.charge(ADA, "stranger")
    assert caught.value.resets_in == timedelta(minutes=20)


def test_a_limit_that_was_lowered_counts_at_once(program: Program, ada: UserCreated) -> None:
    for _ in range(3):
        program.throttling.charge(ADA, "stranger")
    stricter = LoginThrottling(
        program.database, login_attempts=2, login_window=WINDOW, clock=FakeClock()
    )
    with pytest.raises(LoginThrottled):
        stricter.charge(ADA, "stranger")
    assert stricter.show(ADA).throttled_until == NOW + WINDOW
    assert program.throttling.show(ADA).throttled_until is None


@repeat("addresses", few=60, soak=1000)
def test_many_unknown_addresses_leave_few_rows(
    throttling: LoginThrottling, clock: FakeClock, sql: Sql, addresses: int
) -> None:
    for number in range(addresses):
        throttling.charge(f"u{number}@example.com", "stranger")
        clock.advance(hours=1)
    # As many as there are hours in a window and a day.
    assert len(rows(sql)) == 25


def test_what_piled_up_goes_faster_than_it_came(
    throttling: LoginThrottling, clock: FakeClock, sql: Sql
) -> None:
    for number in range(20):
        throttling.charge(f"u{number}@example.com", "stranger")
    clock.advance(days=2)
    for number in range(10):
        throttling.charge(f"v{number}@example.com", "stranger")
    assert len(rows(sql)) == 10


def test_trust_is_not_pruned_before_its_time(program: Program, clock: FakeClock, sql: Sql) -> None:
    succeed(program)
    clock.advance(days=1)
    program.throttling.charge(ADA, HOME)
    clock.advance(days=28)
    program.throttling.charge("x@example.com", "stranger")
    assert charges(sql, HOME) == 1
    clock.advance(days=1)
    program.throttling.charge("y@example.com", "stranger")
    assert charges(sql, HOME) is None


def test_a_full_window_outlives_the_trust_in_its_source(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    succeed(program)
    clock.advance(days=30, minutes=-1)
    fill(program.throttling, HOME)
    clock.advance(minutes=2)
    program.throttling.charge("x@example.com", "stranger")
    assert charges(sql, HOME) == LIMIT


def test_nobody_waits_for_a_row_that_could_be_pruned(
    postgres_url: str, clock: FakeClock, request: pytest.FixtureRequest
) -> None:
    engine = request.getfixturevalue("postgres_engine")
    throttling = Program(engine, clock).throttling
    throttling.charge("old@example.com", "stranger")
    clock.advance(days=2)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM login_throttles FOR UPDATE")
        throttling.charge(ADA, "stranger")
        [(count,)] = connection.exec_driver_sql("SELECT count(*) FROM login_throttles")
    assert count == 2


@pytest.mark.parametrize(
    "source", ["", " ", "\u3000", "a\nb", "a\0b", "\x1b[31mred", "a\u202eb", "\ud800", "x" * 256]
)
def test_a_source_is_visible_text(throttling: LoginThrottling, sql: Sql, source: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        throttling.charge(ADA, source)
    assert not has_invisible_characters(caught.value.message)
    assert rows(sql) == []


@pytest.mark.parametrize("source", ["x" * 255, "名" * 255, "'; DROP TABLE users --", "[red]", "%"])
def test_any_visible_text_is_a_source(program: Program, source: str) -> None:
    succeed(program, source)
    fill(program.throttling)
    assert program.throttling.charge(ADA, source).bucket == source


def test_an_account_without_failures_says_so(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    succeed(program)
    clock.advance(seconds=1)
    shown = program.throttling.show("1")
    assert (shown.email, shown.failed_logins) == (ADA, 0)
    assert (shown.last_failed_login_at, shown.throttled_until) == (None, None)


def failures(shown: UserDetail) -> tuple[int, datetime | None, datetime | None]:
    """Return what is told of failures."""
    return shown.failed_logins, shown.last_failed_login_at, shown.throttled_until


def test_an_account_tells_of_its_failures_for_a_day_after_their_window(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    succeed(program, source="elsewhere")
    succeed(program)
    program.throttling.charge(ADA, HOME)
    clock.advance(minutes=1)
    program.throttling.charge(ADA, "elsewhere")
    last = clock.now
    assert failures(program.throttling.show(ADA)) == (2, last, None)
    clock.now = NOW + WINDOW + timedelta(days=1)
    assert failures(program.throttling.show(ADA)) == (1, last, None)
    clock.advance(minutes=1)
    assert failures(program.throttling.show(ADA)) == (0, None, None)


def test_a_success_is_not_told_of_as_a_failure(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    program.throttling.charge(ADA, "stranger")
    clock.advance(minutes=1)
    succeed(program)
    assert failures(program.throttling.show(ADA)) == (1, NOW, None)


def test_an_account_tells_until_when_any_source_is_throttled(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    succeed(program)
    fill(program.throttling)
    assert program.throttling.show(ADA).throttled_until == NOW + WINDOW
    clock.advance(minutes=5)
    fill(program.throttling, HOME)
    assert program.throttling.show(ADA).throttled_until == clock.now + WINDOW
    clock.advance(minutes=15)
    assert program.throttling.show(ADA).throttled_until is None


def test_a_full_bucket_that_nobody_uses_any_more_throttles_nobody(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    succeed(program)
    clock.advance(days=30, minutes=-1)
    fill(program.throttling, HOME)
    clock.advance(minutes=1)
    assert program.throttling.show(ADA).throttled_until is None
    assert program.throttling.charge(ADA, HOME).bucket == ""


@pytest.mark.parametrize("reference", [ADA, "1", "ADA@example.com"])
def test_unlocking_ends_every_wait_and_keeps_the_trust(
    program: Program, ada: UserCreated, reference: str
) -> None:
    succeed(program)
    fill(program.throttling)
    fill(program.throttling, HOME)
    for _ in range(2):
        assert failures(program.throttling.unlock(reference)) == (0, None, None)
    assert program.throttling.charge(ADA, HOME).bucket == HOME
    fill(program.throttling)


def test_unlocking_leaves_other_accounts_throttled(program: Program, ada: UserCreated) -> None:
    fill(program.throttling, email="grace@example.com")
    program.throttling.unlock(ADA)
    with pytest.raises(LoginThrottled):
        program.throttling.charge("grace@example.com", "stranger")


def test_an_account_that_does_not_exist_cannot_be_unlocked(throttling: LoginThrottling) -> None:
    with pytest.raises(UserNotFound):
        throttling.unlock("nobody@example.com")


def test_an_odd_address_that_another_program_wrote_has_a_bucket_of_its_own(
    throttling: LoginThrottling, sql: Sql
) -> None:
    sql("INSERT INTO users (id, email, hashed_password) VALUES (7, 'nonsense', 'x')")
    for email in ("", "nonsense", "other nonsense"):
        fill(throttling, email=email)
    assert throttling.unlock("7").failed_logins == 0
    throttling.charge("nonsense", "stranger")
    # Whether a user has it makes no difference, or it would tell who is there.
    for email in ("", "other nonsense"):
        with pytest.raises(LoginThrottled):
            throttling.charge(email, "stranger")


def test_a_row_that_another_program_damaged_admits_nobody_and_can_be_unlocked(
    sqlite_url: str, request: pytest.FixtureRequest, clock: FakeClock
) -> None:
    program = Program(request.getfixturevalue("sqlite_engine"), clock)
    program.throttling.charge(ADA, "stranger")
    with program.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO users (email, hashed_password) VALUES ('ada@example.com', 'x')"
        )
        connection.exec_driver_sql("UPDATE login_throttles SET charges = 'many'")
    with pytest.raises(LoginThrottled):
        program.throttling.charge(ADA, "stranger")
    assert program.throttling.show(ADA).throttled_until == NOW + WINDOW
    assert program.throttling.unlock(ADA).throttled_until is None
    with program.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE login_throttles SET charged_at = 'never'")
    with pytest.raises(DatabaseDamaged):
        program.throttling.charge(ADA, "stranger")
