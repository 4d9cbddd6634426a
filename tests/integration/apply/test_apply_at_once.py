"""What holds when users are applied and changed at the same moment."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.integration.conftest import (
    FakeClock,
    Program,
    Sql,
    open_engine,
    run_at_once,
    sql_on,
)
from userctl.schemas.apply import ApplyOptions, ApplyResult
from userctl.schemas.declaration import DeclaredUser
from userctl.schemas.users import UserUpdate
from userctl.services.apply import service

TEAM = ApplyOptions("team", prune="disable")


def declared(*users: dict[str, Any]) -> list[DeclaredUser]:
    return [DeclaredUser(**user) for user in users]


def test_of_two_applies_at_once_the_second_finds_nothing_to_do(database_url: str, sql: Sql) -> None:
    users = declared({"email": "a@example.com", "name": "A"}, {"email": "b@example.com"})
    outcomes = run_at_once(
        database_url, *[lambda program: program.apply.apply(users, TEAM) for _ in range(3)]
    )
    assert all(isinstance(outcome, ApplyResult) for outcome in outcomes), outcomes
    counts = [len(outcome.changes) for outcome in outcomes if isinstance(outcome, ApplyResult)]
    assert sorted(counts) == [0, 0, 2]
    assert sql("SELECT count(*) FROM audit_events WHERE tag = 'account:apply'") == [(1,)]


def test_what_an_application_changes_in_between_is_seen(
    program: Program, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes after the plan was computed for the passwords, and before the write."""
    program.apply.apply(declared({"email": "a@example.com", "name": "A"}), TEAM)
    changed = []

    def drift(*_: object) -> None:
        if not changed:
            changed.append(True)
            with open_engine(database_url) as other:
                sql_on(other)("UPDATE users SET name = 'Drifted', role = 'admin'")

    monkeypatch.setattr(service, "prepare_passwords", drift)
    applied = program.apply.apply(declared({"email": "a@example.com", "name": "New"}), TEAM)
    [change] = applied.changes
    assert [(field.old, field.new) for field in change.fields] == [("Drifted", "New")]
    assert program.users.show("a@example.com").role == "admin"


def test_a_row_that_changes_under_the_plan_is_planned_again(
    postgres_engine: Engine, postgres_url: str
) -> None:
    """The change comes between the reading of the plan and the lock on the row."""
    program = Program(postgres_engine, FakeClock())
    program.apply.apply(declared({"email": "a@example.com", "name": "A"}), TEAM)
    changed = []

    def drift(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FOR UPDATE" in statement and "users" in statement and not changed:
            changed.append(True)
            with open_engine(postgres_url) as other:
                Program(other, FakeClock()).users.update(
                    "a@example.com", UserUpdate(name="Drifted")
                )

    event.listen(postgres_engine, "before_cursor_execute", drift)
    applied = program.apply.apply(declared({"email": "a@example.com", "name": "New"}), TEAM)
    assert applied.changes[0].fields[0].old == "Drifted"
    assert program.users.show("a@example.com").name == "New"
