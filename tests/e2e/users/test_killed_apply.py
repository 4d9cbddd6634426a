"""An apply that is killed, whenever that is, has done all of its plan or nothing."""

from collections.abc import Iterator

import pytest

from tests.integration.conftest import Sql, open_engine, sql_on
from tests.support.cli import Userctl
from tests.support.forking import Forks
from tests.support.marks import repeat

COUNTED = (
    "services/apply/service.py",
    "services/apply/writing.py",
    "services/apply/renaming.py",
    "services/tokens/api.py",
    "db/transaction/unit_of_work.py",
)
"""Where a plan is carried out."""

FILE = """\
set: team
users:
  - {email: b@example.com, previous_emails: [a@example.com], role: admin}
  - {email: a@example.com, previous_emails: [b@example.com], role: user}
  - {email: new@example.com, api_tokens: [{label: ci}]}
"""
BEFORE = """\
set: team
users:
  - {email: a@example.com, name: A}
  - {email: b@example.com, name: B, role: admin}
  - {email: old@example.com, name: Old}
"""
STATE = "SELECT name, email, role, disabled_at IS NULL FROM users ORDER BY id"


@pytest.fixture
def sql(database_url: str) -> Iterator[Sql]:
    with open_engine(database_url) as engine:
        yield sql_on(engine)


@repeat("places", few=2, soak=60)
def test_an_apply_that_is_killed_has_done_all_or_nothing(
    userctl: Userctl, forks: Forks, sql: Sql, places: int
) -> None:
    (userctl.home / "before.yaml").write_text(BEFORE)
    (userctl.home / "users.yaml").write_text(FILE)

    def prepare() -> None:
        for table in ("api_tokens", "users", "deleted_users"):
            sql(f"DELETE FROM {table}")
        assert userctl("apply", "before.yaml", "--yes").code == 0

    prepare()
    before = sql(STATE)
    assert userctl("apply", "users.yaml", "--prune", "--yes").code == 0
    after = sql(STATE)
    assert before != after
    command = ["apply", "users.yaml", "--prune", "--yes"]
    for run in forks.kill_at_many_lines(command, COUNTED, prepare, places):
        found = sql(STATE)
        assert found in (before, after)
        assert run.code != 0 or found == after
    assert userctl("apply", "users.yaml", "--prune", "--yes").code == 0
    assert sql(STATE) == after
    assert userctl("audit", "verify").code == 0
