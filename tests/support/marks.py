"""Marks that follow from what a test uses, and counts that depend on the loop that runs it."""

from pathlib import PurePath
from typing import Any
from zlib import crc32

import pytest

DIALECTS = ("sqlite", "postgresql")
BY_DIALECT = ("database_url", "bare_database_url", "copied")
"""The fixtures that have the dialects as parameters."""

POSTGRES_FIXTURES = {"postgres_server", "cluster"}
PROCESS_FIXTURES = {"fork_server", "cluster", "pgbouncer"}


def repeat(name: str, *, few: int, soak: int) -> pytest.MarkDecorator:
    """Run a test with a small count in every loop and with the full one where ``soak`` runs.

    Args:
        name: the argument of the test that takes the count.
        few: a count that finds a broken program, if not a rare moment.
        soak: the full count.
    """
    full = pytest.param(soak, id=f"soak-{soak}", marks=pytest.mark.soak)
    return pytest.mark.parametrize(name, [pytest.param(few, id="few"), full])


def soak_only(*values: object) -> Any:
    """Return parameters of a test that only the full loop (``soak``) runs."""
    return pytest.param(*values, marks=pytest.mark.soak)


def spread_evenly(last: int, count: int) -> list[int]:
    """Return about ``count`` evenly spread numbers from 1 to ``last``, both included."""
    return sorted({*range(1, last + 1, max(1, last // count)), last})


def leave_a_dialect_to_soak(item: pytest.Item) -> None:
    """Mark one of the two runs of a test, in turn from case to case, as ``soak``."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    for dialect in (parameters[name] for name in BY_DIALECT if name in parameters):
        case = item.nodeid.replace(dialect, "")
        if dialect != DIALECTS[crc32(case.encode()) % len(DIALECTS)]:
            item.add_marker("soak")


def mark_by_use(item: pytest.Item) -> None:
    """Mark a test by what it uses, as its fixtures, parameters and folder show."""
    fixtures = set(getattr(item, "fixturenames", ()))
    parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
    if fixtures & POSTGRES_FIXTURES or "postgresql" in parameters:
        item.add_marker("postgres")
    if fixtures & PROCESS_FIXTURES or "e2e" in PurePath(item.nodeid.partition("::")[0]).parts:
        item.add_marker("process")
    if "pgbouncer" in fixtures:
        item.add_marker("pgbouncer")
