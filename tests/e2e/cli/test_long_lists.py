"""Long lists are written while they are read."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from tests.support.cli import Userctl
from userctl.config.database_url import DatabaseURL
from userctl.db.engine import database_engine

ROWS = 8000
FIRST, LAST = 100_000_000, 100_000_000 + ROWS - 1
PIPE_BYTES = 4096
FILL = (
    "WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
    "INSERT INTO users (id, email, hashed_password) "
    "SELECT i, 'u' || i || '@example.com', 'x' FROM n"
)


@pytest.fixture
def userctl(userctl: Userctl, forked_program: str) -> Userctl:
    return replace(userctl, program=(forked_program,))


@pytest.fixture
def engine(userctl: Userctl) -> Engine:
    """Another program on a database with some thousand accounts."""
    engine = database_engine(DatabaseURL.parse(str(userctl.database_url)))
    with engine.begin() as connection:
        connection.execute(text(FILL), {"first": FIRST, "last": LAST})
    return engine


@pytest.mark.parametrize(
    "options",
    [["-q"], ["-o", "table"], ["-o", "json"], ["-o", "jsonl"], ["-o", "csv"]],
    ids=" ".join,
)
def test_the_first_accounts_are_written_before_the_last_ones_are_read(
    userctl: Userctl, engine: Engine, options: list[str]
) -> None:
    fields = [] if "-q" in options else ["--fields", "id"]
    command = ["user", "list", "--all", *options, *fields]
    # Such a small pipe holds the writer up until it is read.
    process = userctl.start(*command, bufsize=0, pipesize=PIPE_BYTES)
    assert process.stdout
    seen = b""
    while str(FIRST).encode() not in seen:
        byte = process.stdout.read(1)
        assert byte
        seen += byte
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE id = :last"), {"last": LAST})
    engine.dispose()
    rest, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, b"")
    assert str(LAST - 1).encode() in rest
    assert str(LAST).encode() not in rest
