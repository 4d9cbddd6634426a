"""What a monitor hears about a database."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import Engine, text

import userctl
from tests.integration.conftest import NOW, FakeClock, Sql, open_engine, sql_on, with_options
from userctl.config.database_url import DatabaseURL
from userctl.db import engine as engine_module
from userctl.db.engine import database_engine
from userctl.db.schema.migrations import upgrade
from userctl.services.database import health as health_module
from userctl.services.database.health import HealthService


def health_of(url: str) -> str:
    """Return what is said about a database, once it is certain that nothing is well."""
    with open_engine(url) as engine:
        health, failure = HealthService(lambda: engine, clock=FakeClock()).check()
    assert health.status == "unhealthy"
    assert failure is not None
    assert failure.code == health.database
    return health.database


def test_a_migrated_database_is_healthy(engine: Engine, clock: FakeClock) -> None:
    health, failure = HealthService(lambda: engine, clock=clock).check()
    assert failure is None
    assert health.model_dump() == {
        "status": "healthy",
        "timestamp": NOW,
        "database": "connected",
        "version": userctl.__version__,
    }


def test_a_check_changes_nothing(engine: Engine, clock: FakeClock, sql: Sql) -> None:
    HealthService(lambda: engine, clock=clock).check()
    assert sql("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda engine: None, "database_not_migrated"),
        (lambda engine: upgrade(engine, "0001"), "database_not_migrated"),
        (
            lambda engine: (
                upgrade(engine),
                sql_on(engine)("UPDATE userctl_version SET version_num = '9999'"),
            ),
            "database_too_new",
        ),
    ],
    ids=["empty", "outdated", "too new"],
)
def test_a_database_that_is_not_at_our_revision_is_unhealthy(
    bare_engine: Engine,
    bare_database_url: str,
    prepare: Callable[[Engine], object],
    code: str,
) -> None:
    prepare(bare_engine)
    assert health_of(bare_database_url) == code


def test_a_missing_file_is_unhealthy_and_not_created(tmp_path: Path) -> None:
    assert health_of(f"sqlite:///{tmp_path / 'userctl.db'}") == "database_missing"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_unhealthy(tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary,\n" * 500)
    assert health_of(f"sqlite:///{path}") == "database_damaged"


def test_a_server_that_cannot_be_reached_is_unhealthy() -> None:
    assert health_of("postgresql://ada@127.0.0.1:1/accounts") == "database_unreachable"


def test_a_database_that_does_not_exist_is_unhealthy(postgres_url: str) -> None:
    url = urlunsplit(urlsplit(postgres_url)._replace(path="/nowhere"))
    assert health_of(url) == "database_unreachable"


def test_a_role_that_may_not_read_the_schema_is_unhealthy(postgres_url: str) -> None:
    assert health_of(with_options(postgres_url, role="pg_monitor")) == "database_access_denied"


def test_a_database_that_stays_locked_is_soon_unhealthy(
    database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "PATIENCE_SECONDS", 1)
    if engine.dialect.name == "sqlite":
        path = database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as holding:
            holding.execute("PRAGMA journal_mode = DELETE")
            holding.execute("BEGIN EXCLUSIVE")
            # Whatever waits as long as other transactions do waits for a day.
            monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_SECONDS", 86_400)
            assert health_of(database_url) == "database_busy"
        return
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE userctl_version"))
        assert health_of(database_url) == "database_busy"


def test_a_missing_driver_is_unhealthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    url = DatabaseURL.parse("postgresql://ada@127.0.0.1/accounts")
    health, _ = HealthService(lambda: database_engine(url), clock=FakeClock()).check()
    assert health.database == "database_driver_missing"
