"""Changes of the audit trail, which are refused where they can be and found where not."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from tests.integration.audit.conftest import ADA
from tests.integration.conftest import FakeClock, Program, Sql, sql_on
from userctl.core.audit_chain import event_hash
from userctl.core.errors import AuditBroken, DatabaseDamaged, InvalidInput
from userctl.schemas.audit import AuditQuery
from userctl.schemas.users import UserCreate, UserUpdate
from userctl.services.audit.trail import AuditService


@pytest.mark.parametrize("statement", [
    "UPDATE audit_events SET actor = 'eve' WHERE id = 1",
    "DELETE FROM audit_events WHERE id = 1",
    "DELETE FROM audit_events",
])  # fmt: skip
def test_the_database_refuses_to_change_an_event(
    audit: AuditService, engine: Engine, statement: str
) -> None:
    with pytest.raises((DatabaseError, DBAPIError), match="append-only"), engine.begin() as writer:
        writer.execute(text(statement))
    assert audit.verify().events == 1


def test_sqlite_refuses_to_replace_an_event(sqlite_engine: Engine, clock: FakeClock) -> None:
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email=ADA))
    with pytest.raises(DatabaseError, match="append-only"), sqlite_engine.begin() as writer:
        writer.execute(text("INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events"))


COLUMNS = ("id", "time", "tag", "actor", "machine", "user_id", "target", "detail", "hash")


Row = dict[str, Any]


@contextmanager
def unguarded(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that no trigger guards, as somebody has who owns the database."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_events_no_{name}"))
        yield connection


def edited(rows: list[Row], chance: random.Random) -> None:
    """Change one value of one event."""
    row, other = chance.sample(rows, 2)
    column = chance.choice([name for name in COLUMNS if row[name] != other[name]])
    row[column] = other[column] if column != "id" else len(rows) + 1


def without_one(rows: list[Row], chance: random.Random) -> None:
    """Take one event away, and close the gap half of the time."""
    at = chance.randrange(len(rows))
    del rows[at]
    if chance.random() < 0.5:
        for number, row in enumerate(rows, 1):
            row["id"] = number


def swapped(rows: list[Row], chance: random.Random) -> None:
    """Let two events change places."""
    one, other = chance.sample(rows, 2)
    one["id"], other["id"] = other["id"], one["id"]


def with_one_more(rows: list[Row], chance: random.Random) -> None:
    """Put a copy of an event somewhere, maybe with another actor."""
    copy = dict(chance.choice(rows))
    if chance.random() < 0.5:
        copy["actor"] = "eve"
    at = chance.randrange(-2, len(rows) + 1)
    if at < 0:
        rows.insert(0, copy | {"id": at + 1})
        return
    rows.insert(at, copy)
    for number, row in enumerate(rows, 1):
        row["id"] = number


@pytest.mark.parametrize("tamper", [edited, without_one, swapped, with_one_more])
def test_fifty_random_changes_of_each_kind_are_all_found(
    program: Program, audit: AuditService, engine: Engine, sql: Sql, tamper: Any
) -> None:
    for _ in range(6):
        program.log_in(ADA)
        program.users.update("1", UserUpdate(name=f"Ada {random.random()}"))
    anchor = audit.head().anchor
    assert audit.verify(anchor).events == 13
    written = [dict(zip(COLUMNS, row, strict=True)) for row in sql(
        f"SELECT {', '.join(COLUMNS)} FROM audit_events ORDER BY id"
    )]  # fmt: skip

    def write(rows: list[Row]) -> None:
        with unguarded(engine) as connection:
            connection.execute(text("DELETE FROM audit_events"))
            places = ", ".join(f":{name}" for name in COLUMNS)
            connection.execute(text(f"INSERT INTO audit_events VALUES ({places})"), rows)

    for seed in range(50):
        rows = [dict(row) for row in written]
        tamper(rows, random.Random(seed))
        write(rows)
        with pytest.raises(AuditBroken):
            audit.verify(anchor)
    write(written)
    assert audit.verify(anchor).events == 13


def test_that_the_end_was_cut_off_shows_only_with_an_anchor(
    program: Program, audit: AuditService, engine: Engine
) -> None:
    start = audit.head()
    program.log_in(ADA)
    anchor = audit.head().anchor
    program.log_in(ADA)
    assert (audit.verify(anchor).anchored, audit.verify().anchored) == (True, False)
    with unguarded(engine) as connection:
        connection.execute(text("DELETE FROM audit_events WHERE id > 1"))
    assert audit.verify().events == 1
    assert audit.verify(start.anchor).events == 1
    with pytest.raises(AuditBroken, match="ends at event 1, before the anchor at event"):
        audit.verify(anchor)


def test_a_trail_that_was_written_anew_is_not_that_of_the_anchor(
    audit: AuditService, program: Program, engine: Engine
) -> None:
    anchor = audit.head().anchor
    with unguarded(engine) as connection:
        connection.execute(text("DELETE FROM audit_events"))
    program.log_in(ADA)
    assert audit.verify().events == 1
    with pytest.raises(AuditBroken, match="does not match the anchor"):
        audit.verify(anchor)


@pytest.mark.parametrize("anchor", ["", "1", "1:abc", f"x:{'0' * 64}", f"1:{'A' * 64}", "é"])
def test_what_is_no_anchor_is_refused(audit: AuditService, anchor: str) -> None:
    with pytest.raises(InvalidInput):
        audit.verify(anchor)


def test_a_trail_that_is_empty_is_whole(program: Program) -> None:
    head = program.audit.head()
    assert (head.id, head.hash) == (0, "0" * 64)
    assert program.audit.verify(head.anchor).events == 0


def test_an_event_that_cannot_be_read_is_found(sqlite_engine: Engine, clock: FakeClock) -> None:
    program, sql = Program(sqlite_engine, clock), sql_on(sqlite_engine)
    program.users.create(UserCreate(email=ADA))
    with unguarded(sqlite_engine) as connection:
        connection.execute(text("UPDATE audit_events SET time = 'yesterday'"))
    with pytest.raises(AuditBroken, match="cannot be read"):
        program.audit.verify()
    sql("UPDATE audit_events SET time = '2030-01-01 00:00:00', detail = x'00'")
    with pytest.raises(AuditBroken, match="not as it was written"):
        program.audit.verify()
    with pytest.raises(DatabaseDamaged, match="Event 1"):
        program.audit.page(AuditQuery())


def test_a_text_cannot_become_bytes_unnoticed(sqlite_engine: Engine, clock: FakeClock) -> None:
    program = Program(sqlite_engine, clock)
    program.users.create(UserCreate(email=ADA))
    with unguarded(sqlite_engine) as connection:
        row = connection.execute(text("SELECT * FROM audit_events")).one()._asdict()
        rest = [row[name] for name in COLUMNS[2:-1]]
        rest[1] = repr(b"eve")
        changed = {"actor": rest[1], "hash": event_hash("0" * 64, 1, clock.now, *rest)}
        connection.execute(text("UPDATE audit_events SET actor = :actor, hash = :hash"), changed)
    assert program.audit.verify().events == 1
    with unguarded(sqlite_engine) as connection:
        connection.execute(text("UPDATE audit_events SET actor = x'657665'"))
    with pytest.raises(AuditBroken):
        program.audit.verify()


def test_an_anchor_of_nothing_has_one_hash(audit: AuditService) -> None:
    with pytest.raises(AuditBroken):
        audit.verify(f"0:{'f' * 64}")


@pytest.mark.parametrize(
    "spelling",
    [
        "2030-01-01 02:00:00.000000+02:00",
        "2029-12-31 19:00:00.000000-05:00",
        "2030-01-01 00:00:00.000000+00:00",
        "2030-01-01T00:00:00.000000",
        "2030-01-01 00:00:00",
        "2030-01-01",
        "20300101T000000",
        "2030-W01-2 00:00:00.000000",
    ],
)
def test_a_time_that_is_spelled_in_another_way_is_found(
    sqlite_engine: Engine, clock: FakeClock, spelling: str
) -> None:
    """It is the same moment, but a comparison with it, as that of --since, goes wrong."""
    program = Program(sqlite_engine, clock)
    for name in ("ada", "eve", "bob"):
        program.users.create(UserCreate(email=f"{name}@example.com"))
    assert program.audit.verify().events == 3
    with unguarded(sqlite_engine) as connection:
        values = {"time": spelling}
        connection.execute(text("UPDATE audit_events SET time = :time WHERE id = 2"), values)
    with pytest.raises(AuditBroken, match="Event 2 of the audit trail is not as it was"):
        program.audit.verify()
    [rows] = program.audit.chunks()
    assert rows[1][1] == spelling


def test_the_hashes_of_trails_that_exist_do_not_change() -> None:
    """The value was computed by the first version that had an audit trail."""
    time = datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    rest = ("account:create", "ada", "root@engine", 1, ADA, '{"role":"admin"}')
    assert event_hash("0" * 64, 1, time, *rest) == (
        "dbf4cd5ea2e0fdb060341327d8e53befd29ce8c0475b7058404a2e6371042551"
    )


@pytest.mark.parametrize("time", ["infinity", "0044-01-01 BC"])
def test_a_time_that_python_does_not_know_is_found(
    postgres_engine: Engine, clock: FakeClock, time: str
) -> None:
    program = Program(postgres_engine, clock)
    program.users.create(UserCreate(email=ADA))
    with unguarded(postgres_engine) as connection:
        connection.execute(text(f"UPDATE audit_events SET time = '{time}'"))
    with pytest.raises(AuditBroken, match="cannot be read"):
        program.audit.verify()
    with pytest.raises(DatabaseDamaged):
        program.audit.page(AuditQuery())


@pytest.mark.parametrize("tag", ["nonsense", "Account:create", "account:", "account:x y", ""])
def test_a_tag_that_breaks_the_grammar_is_damage(
    program: Program, audit: AuditService, clock: FakeClock, tag: Any
) -> None:
    with program.database.writing() as uow:
        uow.record(tag, clock())
        uow.commit()
    with pytest.raises(DatabaseDamaged, match="Event 2 "):
        audit.page(AuditQuery())
