"""The schema as ``userctl db`` sees it, on both databases."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import ACTOR, FakeClock, open_engine, sql_on
from userctl.config.database_url import DatabaseURL
from userctl.core.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseMissing,
    DatabaseTooNew,
    DatabaseUnreachable,
    InvalidInput,
)
from userctl.db import engine as engine_module
from userctl.db.schema.revisions import require_current, revisions
from userctl.repositories import new_events
from userctl.services.database.schema import SchemaService


def schema_on(engine: Engine, url: str) -> SchemaService:
    return SchemaService(engine, DatabaseURL.parse(url), actor=lambda: ACTOR, clock=FakeClock())


@pytest.fixture
def schema(bare_engine: Engine, bare_database_url: str) -> SchemaService:
    """The schema of an empty database."""
    return schema_on(bare_engine, bare_database_url)


Missing = Callable[[Path], tuple[str, SchemaService]]


@pytest.fixture
def missing() -> Iterator[Missing]:
    """Return the URL and the schema of an SQLite file that is not there."""
    with ExitStack() as engines:

        def at(path: Path) -> tuple[str, SchemaService]:
            url = f"sqlite:///{path}"
            engine = engines.enter_context(open_engine(url))
            return url, schema_on(engine, url)

        yield at


def make_too_new(engine: Engine) -> None:
    """Mark a database as made by a later userctl."""
    sql_on(engine)("UPDATE userctl_version SET version_num = '9999'")


def test_an_empty_database_has_all_migrations_before_it(
    schema: SchemaService, bare_database_url: str
) -> None:
    status = schema.status()
    assert status.model_dump() == {
        "database": str(DatabaseURL.parse(bare_database_url)),
        "state": "empty",
        "current": None,
        "head": revisions()[-1],
        "pending": list(revisions()),
        "backup": None,
    }


def test_a_database_is_outdated_until_it_is_at_the_last_revision(schema: SchemaService) -> None:
    outdated = schema.migrate("0001")
    assert (outdated.state, outdated.current) == ("outdated", "0001")
    assert outdated.pending == list(revisions()[1:])
    current = schema.migrate("head")
    assert (current.state, current.current, current.pending) == ("current", current.head, [])
    assert current.model_copy(update={"backup": None}) == schema.status()


def test_a_database_of_a_later_userctl_is_too_new(
    schema: SchemaService, bare_engine: Engine
) -> None:
    schema.migrate("head")
    make_too_new(bare_engine)
    status = schema.status()
    assert (status.state, status.current, status.pending) == ("too_new", "9999", [])


@pytest.mark.parametrize(
    "act",
    [
        lambda schema: schema.migrate("head"),
        lambda schema: schema.downgrade("0001"),
        lambda schema: schema.migration_sql("head"),
    ],
    ids=["migrate", "downgrade", "sql"],
)
def test_a_database_of_a_later_userctl_cannot_be_moved(
    schema: SchemaService, bare_engine: Engine, act: Callable[[SchemaService], object]
) -> None:
    schema.migrate("head")
    make_too_new(bare_engine)
    with pytest.raises(DatabaseTooNew):
        act(schema)


@pytest.mark.parametrize("revision", [None, *revisions()])
def test_the_history_says_which_migrations_a_database_has(
    schema: SchemaService, revision: str | None
) -> None:
    if revision is not None:
        schema.migrate(revision)
    history = schema.history()
    assert tuple(migration.revision for migration in history) == revisions()
    assert all(migration.summary for migration in history)
    assert [migration.revision for migration in history if migration.applied] == [
        known for known in revisions() if revision is not None and known <= revision
    ]


def test_a_database_can_be_taken_back(schema: SchemaService) -> None:
    schema.migrate("head")
    assert schema.downgrade("0001").state == "outdated"
    assert schema.downgrade("base").state == "empty"


def test_the_sql_of_the_next_migration_begins_where_the_database_stands(
    schema: SchemaService,
) -> None:
    assert "CREATE TABLE users" in schema.migration_sql("head")
    schema.migrate("0001")
    sql = schema.migration_sql("head")
    assert "CREATE TABLE users" not in sql
    assert "disabled_hash" in sql


@pytest.mark.parametrize("target", ["0001", "0099"])
def test_there_is_no_sql_that_leads_back_or_nowhere(schema: SchemaService, target: str) -> None:
    schema.migrate("head")
    with pytest.raises(InvalidInput):
        schema.migration_sql(target)


def test_there_is_nothing_to_run_for_a_database_that_is_current(schema: SchemaService) -> None:
    schema.migrate("head")
    assert "TABLE" not in schema.migration_sql("head")


def test_a_missing_sqlite_file_is_reported_and_not_created(
    missing: Missing, tmp_path: Path
) -> None:
    _, schema = missing(tmp_path / "userctl.db")
    status = schema.status()
    assert (status.state, status.current, status.pending) == ("missing", None, list(revisions()))
    assert not any(migration.applied for migration in schema.history())
    assert "CREATE TABLE" in schema.migration_sql("head")
    with pytest.raises(DatabaseMissing):
        schema.downgrade("base")
    assert list(tmp_path.iterdir()) == []


def test_migrating_creates_a_missing_sqlite_file(missing: Missing, tmp_path: Path) -> None:
    path = tmp_path / "userctl.db"
    url, schema = missing(path)
    assert schema.migrate("head").state == "current"
    assert path.stat().st_mode & 0o077 == 0
    with open_engine(url) as engine:
        require_current(engine)


def test_a_missing_sqlite_file_can_be_created_at_an_older_revision(
    missing: Missing, tmp_path: Path
) -> None:
    _, schema = missing(tmp_path / "userctl.db")
    assert schema.migrate("0001").current == "0001"


def test_a_missing_sqlite_file_is_not_created_for_an_unknown_revision(
    missing: Missing, tmp_path: Path
) -> None:
    _, schema = missing(tmp_path / "userctl.db")
    with pytest.raises(InvalidInput):
        schema.migrate("0099")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_folder_that_does_not_exist_is_unreachable(
    missing: Missing, tmp_path: Path
) -> None:
    _, schema = missing(tmp_path / "nowhere" / "userctl.db")
    with pytest.raises(DatabaseUnreachable, match="folder"):
        schema.migrate("head")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda schema: schema.status(),
        lambda schema: schema.history(),
        lambda schema: schema.migrate("head"),
        lambda schema: schema.downgrade("base"),
    ],
    ids=["status", "history", "migrate", "downgrade"],
)
def test_a_file_that_is_no_database_is_damaged(
    missing: Missing, tmp_path: Path, act: Callable[[SchemaService], object]
) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary,\n" * 500)
    _, schema = missing(path)
    with pytest.raises(DatabaseDamaged):
        act(schema)
    assert path.read_text().startswith("Dear diary,")


def test_a_file_that_another_program_holds_is_busy_when_it_is_migrated(
    missing: Missing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_SECONDS", 0)
    _, schema = missing(tmp_path / "userctl.db")
    with closing(sqlite3.connect(tmp_path / "userctl.db", isolation_level=None)) as holding:
        holding.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusy):
            schema.migrate("head")


def test_every_move_of_the_schema_is_recorded_once_there_is_a_trail(
    schema: SchemaService, bare_engine: Engine
) -> None:
    def events() -> list[tuple[str, str | None, str | None]]:
        rows = sql_on(bare_engine)("SELECT tag, detail FROM audit_events ORDER BY id")
        details = [(tag, json.loads(detail)) for tag, detail in rows]
        return [(tag, detail["before"], detail["after"]) for tag, detail in details]

    head = revisions()[-1]
    schema.migrate("0003")
    schema.migrate("head")
    schema.migrate("head")
    assert events() == [("database:migrate", "0003", head)]
    schema.downgrade("0004")
    schema.migrate("head")
    assert events()[1:] == [
        ("database:downgrade", head, "0004"),
        ("database:migrate", "0004", head),
    ]


def test_the_sql_of_a_migration_makes_no_trail_that_is_there(
    schema: SchemaService, bare_engine: Engine
) -> None:
    assert "CREATE TABLE audit_events" in schema.migration_sql("head")
    schema.migrate("head")
    schema.downgrade("0004")
    assert "CREATE TABLE audit_events" not in schema.migration_sql("head")


def test_a_migration_whose_event_cannot_be_written_is_none(
    schema: SchemaService, bare_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.migrate("head")
    schema.downgrade("0005")
    with bare_engine.begin() as connection:
        [(events,)] = connection.exec_driver_sql("SELECT count(*) FROM audit_events").all()
    # Behind the last event that can be there is no other.
    monkeypatch.setattr(new_events, "LARGEST_ID", events)
    with pytest.raises(DatabaseDamaged):
        schema.migrate("head")
    assert schema.status().current == "0005"


def test_of_migrations_at_once_only_the_one_that_does_something_copies_the_file(
    missing: Missing, tmp_path: Path
) -> None:
    url, schema = missing(tmp_path / "userctl.db")
    schema.migrate("0004")
    barrier = Barrier(2)

    def migrate(_: int) -> str | None:
        with open_engine(url) as engine:
            barrier.wait(timeout=30)
            return schema_on(engine, url).migrate("head").backup

    with ThreadPoolExecutor(2) as pool:
        copies = [copy for copy in pool.map(migrate, range(2)) if copy]
    assert len(copies) == 1
    assert [str(path) for path in tmp_path.glob("*.backup")] == copies
