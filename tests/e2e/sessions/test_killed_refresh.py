"""A refresh that is killed, wherever it is, leaves a session that goes on and never two of it."""

import random
import sys
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Sql, open_engine, sql_on
from tests.support.cli import Userctl
from tests.support.forking import KILLED, Forks
from tests.support.marks import repeat, spread_evenly

MINIMUM_LINES = 50
REFRESH = ["token", "refresh"]


class Victim:
    """The stored session of somebody whose refreshes are killed."""

    def __init__(self, userctl: Userctl, sql: Sql) -> None:
        self.userctl = userctl
        self.sql = sql
        userctl.create("ada@example.com")
        userctl.login("ada@example.com")
        self.session = self.sessions()
        self.draws = random.Random(9)

    def sessions(self) -> list[tuple[str, ...]]:
        """Return the family of every token there is."""
        return self.sql("SELECT DISTINCT family_id FROM refresh_tokens")

    def live(self) -> int:
        """Return how many tokens could be exchanged."""
        query = "SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL AND NOT revoked"
        return int(self.sql(query)[0][0])

    def check_unharmed(self, about: object) -> None:
        """Make sure that there is one session, with one live token that its owner has."""
        assert self.live() <= 1, about
        for command in self.draws.sample([["whoami"], REFRESH], 2):
            result = self.userctl(*command)
            refreshed = "Refreshed the session of ada@example.com.\n"
            assert (result.code, result.err) in {(0, ""), (0, refreshed)}, (about, result)
            assert self.live() == 1, about
        assert self.sessions() == self.session, about


@pytest.fixture
def victim(userctl: Userctl, database_url: str) -> Iterator[Victim]:
    with open_engine(database_url) as engine:
        yield Victim(userctl, sql_on(engine))


@repeat("wanted", few=4, soak=50)
def test_a_refresh_killed_at_any_moment_leaves_a_session_that_works(
    victim: Victim, forks: Forks, wanted: int
) -> None:
    for killed in forks.kill_at_moments(REFRESH, wanted):
        victim.check_unharmed(killed)


@repeat("places", few=8, soak=sys.maxsize)
def test_a_refresh_killed_at_any_line_leaves_a_session_that_works(
    victim: Victim, forks: Forks, places: int
) -> None:
    normal = forks.kill_at_line(REFRESH, line=0)
    assert normal.code == 0
    assert normal.lines > MINIMUM_LINES
    for line in spread_evenly(normal.lines, places):
        assert forks.kill_at_line(REFRESH, line).code == KILLED, line
        victim.check_unharmed(line)
