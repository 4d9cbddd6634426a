"""An import that is killed, whenever that is, has created all of its accounts or none."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Sql, open_engine, sql_on
from tests.support.cli import PASSWORD, Userctl
from tests.support.forking import Forks
from tests.support.marks import repeat
from tests.unit.security.password_hashes.vectors import VECTORS

ACCOUNTS = 6_000
WITH_PASSWORDS = 3
IMPORT = ["user", "import", "accounts.csv", "-o", "json"]


@pytest.fixture
def accounts(userctl: Userctl) -> None:
    """A file of many accounts, of which a few have a password to be hashed."""
    lines = ["email,name,password"]
    lines += [f"p{n}@example.com,With,{PASSWORD}" for n in range(WITH_PASSWORDS)]
    lines += [f"u{n}@example.com,Without," for n in range(ACCOUNTS - WITH_PASSWORDS)]
    (userctl.home / "accounts.csv").write_text("\n".join([*lines, ""]))


@pytest.fixture
def accounts_of_django(userctl: Userctl) -> None:
    """A file of accounts of Django, which is recognized by its content."""
    hashed = VECTORS["Django PBKDF2"]
    dumped = [
        {"model": "a.user", "fields": {"email": f"u{n}@example.com", "password": hashed}}
        for n in range(ACCOUNTS)
    ]
    (userctl.home / "accounts.csv").write_text(json.dumps(dumped))


@pytest.fixture
def sql(database_url: str) -> Iterator[Sql]:
    with open_engine(database_url) as engine:
        yield sql_on(engine)


@repeat("wanted", few=5, soak=100)
@pytest.mark.usefixtures("accounts")
def test_an_import_killed_at_any_moment_has_created_all_accounts_or_none(
    forks: Forks, sql: Sql, wanted: int
) -> None:
    kill_imports(forks, sql, wanted)


@pytest.mark.soak
@pytest.mark.usefixtures("accounts_of_django")
def test_an_import_of_django_is_no_exception(forks: Forks, sql: Sql) -> None:
    kill_imports(forks, sql, 20)


def kill_imports(forks: Forks, sql: Sql, wanted: int) -> None:
    """Kill imports, and make sure that each has created all accounts or none."""
    for _ in forks.kill_at_moments(IMPORT, wanted, lambda: sql("DELETE FROM users")):
        [(count, different)] = sql("SELECT count(*), count(DISTINCT email) FROM users")
        assert count == different
        assert count in (0, ACCOUNTS)
    [again] = forks.run_at_once([[*IMPORT, "--on-conflict", "skip"]])
    assert again.code == 0, again.err
    assert sql("SELECT count(*), count(DISTINCT email) FROM users") == [(ACCOUNTS, ACCOUNTS)]
