"""The numbers of the audit trail, counted by both databases."""

from datetime import timedelta

import pytest

from tests.integration.authentication.test_throttled_events import attack
from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, Sql
from tests.support.cli import Userctl
from tests.support.record_files import records
from userctl.core.errors import InvalidCredentials, InvalidInput
from userctl.schemas.audit_summary import AuditPeriod, Span, SummaryQuery
from userctl.schemas.users import UserCreate
from userctl.services.audit.summary import MOST_PERIODS

ADA = "ada@example.com"
EVE = "eve@example.com"


def numbers(period: AuditPeriod) -> tuple[str, int, int, int, int]:
    return (period.start, period.logins, period.failures, period.created, period.disabled)


@pytest.fixture
def days(program: Program, clock: FakeClock) -> None:
    """Three days, of which nothing happens on the second; the first is a Tuesday."""
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    program.log_in(ADA)
    attack(program, refused=4)
    with pytest.raises(InvalidCredentials):
        program.log_in(EVE)
    clock.advance(days=2)
    rows = [{"email": f"u{number}@example.com", "status": "disabled"} for number in range(3)]
    program.user_import.load(records(*rows))
    program.log_in(ADA)


def test_each_day_is_counted_also_one_on_which_nothing_happens(
    program: Program, days: None
) -> None:
    found = program.audit_summary.summarize(SummaryQuery())
    assert list(map(numbers, found.periods)) == [
        ("2030-01-01", 1, 7, 1, 0),
        ("2030-01-02", 0, 0, 0, 0),
        # The three that were throttled after the first are told when they are forgotten.
        ("2030-01-03", 1, 3, 3, 3),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_time_that_another_program_wrote_counts_on_its_day_in_utc(
    program: Program, days: None, sql: Sql
) -> None:
    sql("DROP TRIGGER audit_events_no_update")
    sql("UPDATE audit_events SET time = '2030-01-03T01:00:00+02:00' WHERE tag = 'account:create'")
    found = program.audit_summary.summarize(SummaryQuery())
    assert [period.created for period in found.periods] == [0, 4, 0]


def test_a_week_begins_on_monday(program: Program, days: None, clock: FakeClock) -> None:
    clock.advance(days=7)
    found = program.audit_summary.summarize(SummaryQuery(by="week"))
    assert list(map(numbers, found.periods)) == [
        ("2029-12-31", 2, 10, 4, 3), ("2030-01-07", 0, 0, 0, 0),
    ]  # fmt: skip


def test_the_addresses_and_sources_that_failed_most_come_first(
    program: Program, days: None
) -> None:
    found = program.audit_summary.summarize(SummaryQuery())
    assert [(one.name, one.failures) for one in found.failing_addresses] == [(ADA, 6), (EVE, 1)]
    assert found.failing_sources[0].name == "stranger"


def test_a_summary_may_be_of_one_user_and_of_a_shorter_time(program: Program, days: None) -> None:
    of_one = program.audit_summary.summarize(SummaryQuery(user="u1@example.com"))
    assert list(map(numbers, of_one.periods)) == [("2030-01-03", 0, 0, 1, 1)]
    recent = program.audit_summary.summarize(SummaryQuery(since=timedelta(hours=1)))
    assert [period.start for period in recent.periods] == ["2030-01-03"]
    nothing = program.audit_summary.summarize(SummaryQuery(since=NOW + timedelta(days=9)))
    assert (nothing.periods, nothing.failing_sources) == ([], [])
    with pytest.raises(InvalidInput):
        program.audit_summary.summarize(SummaryQuery(user="nonsense"))


def test_a_damaged_event_is_counted_and_no_source_is_mistaken(program: Program, sql: Sql) -> None:
    program.users.create(UserCreate(email=ADA))
    for number, detail in enumerate(('{"source":"a\\"b","x":1}', "no JSON", '{"source":null}'), 2):
        sql(
            "INSERT INTO audit_events (id, time, tag, actor, machine, detail, hash) SELECT :id, "
            "time, 'account:login:failure', actor, machine, :detail, hash FROM audit_events "
            "WHERE id = 1",
            id=number,
            detail=detail,
        )
    found = program.audit_summary.summarize(SummaryQuery())
    assert [numbers(period)[2] for period in found.periods] == [3]
    assert [one.name for one in found.failing_sources] == ['a"b']


@pytest.mark.parametrize("by", ["day", "week"])
def test_an_event_of_any_time_makes_no_periods_of_all_the_time_between(
    program: Program, days: None, sql: Sql, by: Span
) -> None:
    wanted = SummaryQuery(since=timedelta(days=365_000), by=by)
    before = program.audit_summary.summarize(wanted).periods
    for time in ("9999-12-31 00:00:00.000000", "1980-01-01 00:00:00.000000"):
        sql(
            "INSERT INTO audit_events (id, time, tag, actor, machine, detail, hash) SELECT "
            "max(id) + 1, :time, 'account:login:success', 'x', 'x', '{}', 'x' FROM audit_events",
            time=time,
        )
    found = program.audit_summary.summarize(wanted).periods
    assert len(found) <= MOST_PERIODS + 3
    assert found[-1].logins == found[0].logins == 1
    assert found[-1 - len(before) : -1] == before


def test_the_numbers_are_a_table_off_a_terminal_and_rows_in_csv(local: Userctl) -> None:
    local.create(ADA)
    local("login", ADA, "--password-stdin", "--no-store", stdin="wrong horse")
    lines = local("audit", "summary").out.splitlines()
    assert lines[0].split() == ["start", "logins", "failures", "created", "disabled"]
    assert lines[1].split()[1:] == ["0", "1", "1", "0"]
    assert lines[3:] == ["Addresses with most failures:", *lines[4:]]
    assert lines[5].split() == [ADA, "1"]
    assert local("audit", "summary", "-o", "csv").out.startswith("start,logins,failures,")
    found = local("audit", "summary", "--by", "week", "--since", "7d", "-o", "json").json
    assert found["failing_addresses"] == [{"name": ADA, "failures": 1}]
    empty = local("audit", "summary", "--since", "2099-01-01")
    assert (empty.code, empty.out) == (0, "")
    assert "--since 365d" in empty.err
