"""What an application's own database does to requests is never an error of ours."""

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, AddTrigger, Sql
from tests.integration.fastapi.conftest import ADMIN, EMAIL, Caller, code_of, log_in
from userctl import Accounts

BOB = "bob@example.com"


@pytest.fixture
def bob(accounts: Accounts) -> str:
    return f"/users/{accounts.users.create(BOB).id}"


REQUESTS = [
    ("UPDATE", "users", "PATCH", {"json": {"name": "Bob"}}),
    ("UPDATE", "users", "PATCH", {"json": {"status": "disabled"}}),
    ("DELETE", "users", "DELETE", {}),
    ("INSERT", "audit_events", "PATCH", {"json": {"role": "admin"}}),
]


@pytest.mark.parametrize(("event", "table", "method", "request_"), REQUESTS)
def test_what_a_trigger_refuses_is_a_conflict_in_its_words(
    admin: Caller, bob: str, add_trigger: AddTrigger, event: str, table: str, method: str,
    request_: dict[str, object],
) -> None:  # fmt: skip
    add_trigger(event, table, refusal="not on a Sunday")
    answer = admin(method, bob, **request_)
    assert code_of(answer) == (409, "constraint_violated")
    assert "not on a Sunday" in answer.json()["detail"]
    assert admin("GET", bob).json()["name"] is None


@pytest.mark.parametrize(("event", "table", "method", "request_"), REQUESTS[:3])
def test_what_a_trigger_ignores_is_a_conflict(
    admin: Caller, bob: str, add_trigger: AddTrigger, event: str, table: str, method: str,
    request_: dict[str, object],
) -> None:  # fmt: skip
    add_trigger(event, table)
    assert code_of(admin(method, bob, **request_)) == (409, "change_ignored")
    assert admin("GET", bob).json()["status"] == "active"


def test_a_user_that_cannot_be_read_is_named_and_hides_no_other(
    admin: Caller, bob: str, accounts: Accounts, engine: Engine, sql: Sql
) -> None:
    bad = "soon" if engine.dialect.name == "sqlite" else "infinity"
    sql("UPDATE users SET created_at = :bad WHERE email = :email", bad=bad, email=BOB)
    page = admin("GET", "/users").json()
    assert [user["email"] for user in page["items"]] == [ADMIN]
    assert page["unreadable"] == [2]
    assert code_of(admin("GET", bob)) == (503, "database_damaged")
    [reason] = accounts.users.list().unreadable
    assert reason.message == f"User 2 cannot be read: users.created_at is not a time: '{bad}'."
    assert admin("PATCH", bob, json={"status": "disabled"}).json()["created_at"] is None
    assert admin("DELETE", bob).status_code == 204
    assert admin("GET", "/users").json()["unreadable"] == []


def test_a_session_that_cannot_be_read_hides_no_other(
    ada: Caller, accounts: Accounts, engine: Engine, sql: Sql
) -> None:
    accounts.sessions.login(EMAIL, PASSWORD)
    bad = "soon" if engine.dialect.name == "sqlite" else "infinity"
    sql("UPDATE refresh_tokens SET expires_at = :bad WHERE id = 1", bad=bad)
    page = accounts.sessions.list(state=None)
    assert len(page.items) == 1
    assert [reason.row for reason in page.unreadable] == [1]


def test_tables_that_were_taken_away_are_no_bug_of_ours(ada: Caller, sql: Sql) -> None:
    sql("ALTER TABLE refresh_tokens RENAME TO elsewhere")
    try:
        answers = [ada("GET", "/auth/me"), log_in(ada)]
    finally:
        sql("ALTER TABLE elsewhere RENAME TO refresh_tokens")
    assert [code_of(answer) for answer in answers] == [(503, "database_not_migrated")] * 2
