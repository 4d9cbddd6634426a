"""A purge that is killed or told to stop, and others who go on beside one."""

import json
import signal
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Sql, open_engine, sql_on
from tests.support.cli import Userctl, wait_for_result
from tests.support.expired import insert_tokens, token_count
from tests.support.forking import Forks
from tests.support.marks import repeat, soak_only

MANY_KILLS = 100
EXPIRED = 300
LIVING = 3
PURGE = ["token", "purge", "-o", "json"]


@pytest.fixture
def sql(userctl: Userctl, database_url: str) -> Iterator[Sql]:
    """SQL on a database with an account and some tokens that are alive."""
    userctl.create("ada@example.com", "--role", "admin")
    for _ in range(LIVING):
        userctl.login("ada@example.com", "--no-store")
    with open_engine(database_url) as engine:
        yield sql_on(engine)


def purge_alone(userctl: Userctl) -> dict[str, object]:
    """Purge as soon as the server has noticed that the other purge is gone."""
    for _ in range(200):
        result = dict(userctl(*PURGE).json)
        if result["stopped_by"] != "other_purge":
            return result
    raise AssertionError


@repeat("wanted", few=5, soak=MANY_KILLS)
def test_a_purge_killed_at_any_moment_takes_nothing_that_lives_and_the_next_one_goes_on(
    userctl: Userctl, sql: Sql, forks: Forks, wanted: int
) -> None:
    command = [*PURGE, "--batch-size", "20", "--pause", "1ms"]
    halfway = 0
    for killed in forks.kill_at_moments(
        command, wanted, lambda: insert_tokens(sql, EXPIRED, days=2)
    ):
        left = token_count(sql) - LIVING
        halfway += 0 < left < EXPIRED
        assert purge_alone(userctl)["deleted"] == left, killed
        assert sql("SELECT id FROM refresh_tokens ORDER BY id") == [(1,), (2,), (3,)], killed
        assert sql("SELECT email FROM users") == [("ada@example.com",)]
    # A few may all have come too early or too late.
    assert halfway or wanted < MANY_KILLS


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), soak_only(signal.SIGINT, 130)])
def test_a_signal_wakes_a_purge_that_rests_and_the_count_is_exact(
    userctl: Userctl, sql: Sql, number: signal.Signals, code: int
) -> None:
    insert_tokens(sql, EXPIRED, days=2)
    process = userctl.start(*PURGE, "--batch-size", "70", "--pause", "1h")
    while token_count(sql) == EXPIRED + LIVING:
        assert process.poll() is None
    process.send_signal(number)
    result = wait_for_result(process)
    told = json.loads(result.out)
    assert (result.code, told["stopped_by"]) == (code, "signal")
    assert result.err == "Permanently deleted 70 tokens.\n"
    assert (told["deleted"], told["remaining"]) == (70, EXPIRED - 70)
    assert token_count(sql) == EXPIRED + LIVING - 70


def test_of_purges_at_once_one_works_and_the_others_say_so(userctl: Userctl, sql: Sql) -> None:
    insert_tokens(sql, EXPIRED, days=2)
    first = userctl.start(*PURGE, "--batch-size", "70", "--pause", "1h")
    while token_count(sql) == EXPIRED + LIVING:
        assert first.poll() is None
    others = userctl.run_at_once([PURGE, PURGE])
    first.send_signal(signal.SIGTERM)
    assert json.loads(wait_for_result(first).out)["deleted"] == 70
    for other in others:
        assert (other.code, json.loads(other.out)["stopped_by"]) == (0, "other_purge")
        assert other.err == "Another purge is running; this one did nothing.\n"
    assert purge_alone(userctl)["deleted"] == EXPIRED - 70


@repeat("expired", few=EXPIRED, soak=10 * EXPIRED)
def test_logins_beside_a_purge_succeed(userctl: Userctl, sql: Sql, expired: int) -> None:
    insert_tokens(sql, expired, days=2)
    process = userctl.start(*PURGE, "--batch-size", "20", "--pause", "10ms")
    logins = 0
    while process.poll() is None:
        userctl.login("ada@example.com", "--no-store")
        logins += 1
    assert json.loads(wait_for_result(process).out)["deleted"] == expired
    assert logins > 1
    assert token_count(sql) == LIVING + logins
