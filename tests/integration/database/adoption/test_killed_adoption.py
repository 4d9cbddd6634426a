"""An adoption that is killed, wherever that is, has changed nothing or done everything."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect

from tests.integration.conftest import sql_on
from tests.support.applications import IN_CLEAR, LOOSE
from tests.support.cli import Userctl
from tests.support.forking import KILLED, Forks
from tests.support.marks import repeat

ADOPT = ["db", "adopt", "--yes", "-o", "json"]
PACKAGE = Path(__file__).parents[4] / "userctl"
FILES = [
    "services/database/adoption.py",
    "db/transaction/commit.py",
    "db/schema/migrations.py",
    *(f"db/adoption/{file.name}" for file in (PACKAGE / "db/adoption").glob("*.py")),
]


@pytest.fixture
def bare(home: Path, bare_database_url: str) -> Userctl:
    return Userctl(home, bare_database_url)


def state(engine: Engine) -> Any:
    """Return what the tables are like and hold."""
    tables = sorted(inspect(engine).get_table_names())
    columns = [c["name"] for c in inspect(engine).get_columns("users")]
    rows = [sql_on(engine)(f"SELECT * FROM {table} ORDER BY 1") for table in tables]
    return tables, columns, rows


@pytest.fixture
def forks(fork_server: "subprocess.Popen[bytes]", bare: Userctl) -> Forks:
    return Forks(fork_server, bare)


@repeat("kills", few=3, soak=25)
def test_an_adoption_killed_at_any_line_has_changed_nothing_or_done_everything(
    bare: Userctl, forks: Forks, bare_engine: Engine, kills: int
) -> None:
    LOOSE.build(bare_engine)
    before = state(bare_engine)
    bare_engine.dispose()
    lines = forks.kill_at_line(["db", "adopt", "--dry-run"], 10**9, FILES).lines
    # About as many run again when it is done, after the plan.
    done, line = 0, lines // kills
    while not done:
        killed = forks.kill_at_line(ADOPT, line, FILES)
        line += lines // kills
        done = killed.code != KILLED or state(bare_engine) != before
        bare_engine.dispose()
    assert killed.code in (0, KILLED), killed.err
    assert line > lines
    assert forks.run_at_once([ADOPT])[0].code == 0
    renewed = bare("token", "refresh", "--stdin", "-o", "json", stdin=IN_CLEAR)
    assert renewed.json["token_type"] == "bearer"
