"""Tables of applications, and the service that adopts them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect

from tests.integration.conftest import (
    ACTOR,
    FakeClock,
    Program,
    Sql,
    open_engine,
    sql_on,
)
from tests.support.applications import (
    APPLICATIONS,
    LOOSE,
    Application,
)
from userctl.config.database_url import DatabaseURL
from userctl.schemas.adoption import AdoptionStep
from userctl.security.passwords import PasswordHasher
from userctl.services.database.adoption import AdoptionService

EMPTIED = f"$2a$12${'.' * 53}"


def adoption_on(engine: Engine, url: str, clock: FakeClock | None = None) -> AdoptionService:
    return AdoptionService(
        engine,
        DatabaseURL.parse(url),
        actor=lambda: ACTOR,
        clock=clock or FakeClock(),
        roles=("user", "admin"),
        hasher=PasswordHasher(cost=12),
    )


@pytest.fixture(params=APPLICATIONS, ids=lambda application: application.name)
def application(request: pytest.FixtureRequest, bare_engine: Engine) -> Application:
    """Tables of an application, with rows in them."""
    request.param.build(bare_engine)
    return request.param


@pytest.fixture
def sqlite_file(tmp_path: Path) -> str:
    (tmp_path / "x.db").touch()
    return f"sqlite:///{tmp_path / 'x.db'}"


@pytest.fixture
def file_engine(sqlite_file: str) -> Iterator[Engine]:
    with open_engine(sqlite_file) as engine:
        yield engine


@pytest.fixture
def loose(bare_engine: Engine) -> Application:
    LOOSE.build(bare_engine)
    return LOOSE


@pytest.fixture
def adoption(bare_engine: Engine, bare_database_url: str, clock: FakeClock) -> AdoptionService:
    return adoption_on(bare_engine, bare_database_url, clock)


@pytest.fixture
def run(bare_engine: Engine) -> Sql:
    """SQL that the application runs."""
    return sql_on(bare_engine)


@pytest.fixture
def adopted(bare_engine: Engine, adoption: AdoptionService, clock: FakeClock) -> Program:
    """The services on tables that were adopted; ask for the application first."""
    adoption.adopt()
    return Program(bare_engine, clock)


def database_contents(engine: Engine) -> Any:
    """Return the definitions and the rows of all tables."""
    names = sorted(inspect(engine).get_table_names())
    inspector, sql = inspect(engine), sql_on(engine)
    shape = {
        name: [
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            sorted(str(index["name"]) for index in inspector.get_indexes(name)),
            [key["options"] for key in inspector.get_foreign_keys(name)],
        ]
        for name in names
    }
    # Python cannot represent some values of PostgreSQL.
    row = '"{0}"::text' if engine.dialect.name == "postgresql" else "*"
    rows = {
        name: sorted(map(repr, sql(f'SELECT {row.format(name)} FROM "{name}"'))) for name in names
    }
    return shape, rows


def step_subjects(
    steps: Sequence[AdoptionStep], kind: str
) -> list[tuple[str | None, str, list[int]]]:
    """Return what the records of a kind are about."""
    return [(step.table, step.subject, step.ids) for step in steps if step.kind == kind]
