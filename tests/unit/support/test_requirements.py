"""What happens where a machine lacks what a test needs."""

import os
from pathlib import Path

import pytest

from tests.support import requirements
from tests.support.requirements import REQUIRE_VARIABLE, program, required_programs, search_path


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the only program that a test needs."""
    monkeypatch.setattr(requirements, "PROGRAMS", {"nonesuch": "nonesuch is not installed"})


@pytest.mark.usefixtures("lacking")
def test_what_is_missing_is_skipped_with_the_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="nonesuch is not installed"):
        program("nonesuch", {})


@pytest.mark.usefixtures("lacking")
def test_what_is_missing_and_required_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="nonesuch is not installed"):
        program("nonesuch", {REQUIRE_VARIABLE: " nonesuch ,"})


def test_a_name_that_no_test_needs_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(pytest.UsageError, match=r"pgbuoncer.*Known are: fish, pgbouncer, zsh"):
        required_programs({REQUIRE_VARIABLE: "pgbouncer,pgbuoncer"})


@pytest.mark.parametrize("value", ["", " ", ","])
def test_nothing_is_required_by_default(value: str) -> None:
    assert required_programs({}) == required_programs({REQUIRE_VARIABLE: value}) == frozenset()


def test_a_program_is_found_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "pgbouncer").touch(mode=0o755)
    assert program("pgbouncer", {"PATH": str(tmp_path)}) == str(tmp_path / "pgbouncer")


def test_servers_are_looked_for_where_the_path_of_cron_does_not_lead() -> None:
    assert search_path({"PATH": "/usr/bin:/bin"}) == "/usr/bin:/bin:/usr/sbin"
    assert search_path({}) == f"{os.defpath}:/usr/sbin"
