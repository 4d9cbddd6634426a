"""Marks that tests get by what they use."""

import pytest

from tests.support.marks import spread_evenly

TESTS = """
import pytest

@pytest.fixture
def postgres_server(): ...
@pytest.fixture
def url(postgres_server): ...
@pytest.fixture
def fork_server(): ...
@pytest.fixture
def forks(fork_server): ...
@pytest.fixture
def pgbouncer(postgres_server): ...

def test_plain(): ...
def test_server(url): ...
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_dialect(database): ...
def test_forks(forks): ...
def test_pool(pgbouncer): ...
"""
CONFTEST = """
import pytest
from tests.support.marks import mark_by_use

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        mark_by_use(item)

def pytest_collection_finish(session):
    for item in session.items:
        print("has", item.name, *sorted(m.name for m in item.iter_markers() if not m.args))
"""

pytest_plugins = ["pytester"]


def test_marks_follow_from_fixtures_parameters_and_folders(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_any=TESTS)
    pytester.mkdir("e2e").joinpath("test_command.py").write_text("def test_command(): ...")
    result = pytester.runpytest_inprocess("--collect-only", "-q", "-p", "no:hypothesispytest")
    assert [line for line in result.outlines if line.startswith("has ")] == [
        "has test_command process",
        "has test_plain",
        "has test_server postgres",
        "has test_dialect[sqlite]",
        "has test_dialect[postgresql] postgres",
        "has test_forks process",
        "has test_pool pgbouncer postgres process",
    ]


@pytest.mark.parametrize(("last", "count"), [(100, 5), (7, 25), (1, 1), (26, 25)])
def test_numbers_are_spread_from_the_first_to_the_last(last: int, count: int) -> None:
    numbers = spread_evenly(last, count)
    assert (numbers[0], numbers[-1]) == (1, last)
    assert len(numbers) <= 2 * count


CASES = """
import pytest

@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request): ...

@pytest.mark.parametrize("case", range(20))
def test_case(database_url, case): ...
"""


def test_a_case_runs_on_one_dialect_in_turn_and_on_the_other_under_soak(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(CONFTEST.replace("mark_by_use", "leave_a_dialect_to_soak"))
    pytester.makepyfile(test_service=CASES)
    result = pytester.runpytest_inprocess("--collect-only", "-q", "-p", "no:hypothesispytest")
    found = [line for line in result.outlines if line.startswith("has ")]
    assert sum(line.endswith(" soak") for line in found) == 20
    plain = [line for line in found if not line.endswith(" soak")]
    assert {line.partition("-")[2] for line in plain} == {f"{case}]" for case in range(20)}
    assert {line.partition("[")[2].partition("-")[0] for line in plain} == {"sqlite", "postgresql"}
