"""Every user that an import creates or changes has events, as if each was changed by itself."""

from typing import Any

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, run_at_once
from tests.integration.users.test_import import HASH, OTHER
from tests.support.record_files import records
from userctl.repositories import trail_end
from userctl.schemas.audit import AuditQuery
from userctl.schemas.users import UserCreate
from userctl.services.users import import_ as user_import

ADA = "ada@example.com"


def events(program: Program, user: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the tags and the details of the events about a user, without where they came from."""
    found = list(program.audit.stream(AuditQuery(user=user, limit=None)))
    assert all(event.detail.pop("via", None) == "import" for event in found if event.id > 1)
    return [(event.tag, event.detail) for event in found]


@pytest.fixture
def ada(program: Program, clock: FakeClock) -> None:
    program.users.create(UserCreate(email=ADA, name="Ada", password=PASSWORD))
    clock.advance(minutes=1)


def update(program: Program, **fields: str) -> list[tuple[str, dict[str, Any]]]:
    """Update Ada from a file, and return the new events about her."""
    before = len(events(program, ADA))
    program.user_import.load(records({"email": ADA, **fields}), on_conflict="update")
    return events(program, ADA)[before:]


def test_every_user_who_is_created_has_an_event_before_that_of_the_import(
    program: Program, clock: FakeClock
) -> None:
    program.user_import.load(
        records({"email": ADA, "name": "Ada", "role": "admin"}, {"email": "eve@example.com"})
    )
    first, second, last = program.audit.page(AuditQuery()).items
    assert [event.tag for event in (first, second, last)] == [
        "account:create", "account:create", "account:import",
    ]  # fmt: skip
    assert (first.user_id, first.target, first.time) == (1, ADA, clock.now)
    assert first.detail == {"name": "Ada", "role": "admin", "via": "import"}
    assert (second.user_id, second.detail["role"]) == (2, "user")
    assert program.audit.verify().events == 3


def test_a_user_who_is_created_disabled_has_an_event_of_that_too(program: Program) -> None:
    program.user_import.load(records({"email": ADA, "status": "disabled"}))
    found = program.audit.page(AuditQuery(user=ADA)).items
    assert [event.tag for event in found] == ["account:create", "account:disable"]


def test_an_update_has_the_old_and_the_new_values(program: Program, ada: None) -> None:
    program.users.create(UserCreate(email="root@example.com", role="admin"))
    assert update(program, name="Ada L.", role="admin") == [
        ("account:update", {"changes": {"name": ["Ada", "Ada L."], "role": ["user", "admin"]}})
    ]
    assert update(program, name="Ada L.", role="admin") == []


def test_a_status_a_password_and_a_must_change_have_events_of_their_own(
    program: Program, ada: None
) -> None:
    assert update(program, status="disabled") == [("account:disable", {})]
    new = {"generated": False, "must_change": False, "removed": False}
    assert update(program, hashed_password=HASH) == [("account:password:set", new)]
    assert update(program, status="active") == [("account:enable", {})]
    assert update(program, must_change_password="true") == [("account:password:expire", {})]
    assert update(program, must_change_password="false") == [
        ("account:update", {"changes": {"must_change_password": [True, False]}})
    ]
    both = update(program, hashed_password=OTHER, must_change_password="true")
    assert both == [("account:password:set", {**new, "must_change": True})]
    assert HASH not in str(list(program.audit.stream(AuditQuery(limit=None))))


def test_no_user_of_an_import_that_is_rolled_back_has_an_event(program: Program, ada: None) -> None:
    rows = records({"email": "eve@example.com"}, {"email": ADA})
    for options in ({"dry_run": True, "on_conflict": "update"}, {"on_conflict": "error"}):
        program.user_import.load(rows, **options)
        assert [event.tag for event in program.audit.page(AuditQuery()).items] == ["account:create"]


def test_events_of_many_users_name_the_right_ids_whatever_ids_there_are(
    program: Program, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", 40)
    monkeypatch.setattr(trail_end, "BULK_SIZE", 20)
    program.users.create(UserCreate(email=ADA))
    # An application that gives out ids by itself leaves a sequence behind.
    sql(
        "INSERT INTO users (id, email, hashed_password, created_at, updated_at) "
        "SELECT 900, 'app@example.com', hashed_password, created_at, updated_at FROM users"
    )
    emails = [f"u{number}@example.com" for number in range(90)]
    program.user_import.load(records(*({"email": email} for email in emails)))
    stored = sql("SELECT email, id FROM users WHERE email LIKE 'u%'")
    recorded = sql("SELECT target, user_id FROM audit_events WHERE target LIKE 'u%'")
    assert len(recorded) == 90
    assert sorted(stored) == sorted(recorded)
    assert program.audit.verify().events == 92


def test_of_two_imports_at_once_each_event_has_its_place(
    program: Program, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", 50)
    monkeypatch.setattr(trail_end, "BULK_SIZE", 20)

    def load(name: str, program: Program) -> None:
        rows = [{"email": f"{name}{number}@example.com"} for number in range(120)]
        program.user_import.load(records(*rows))

    def log_in(program: Program) -> None:
        program.users.create(UserCreate(email=ADA))

    outcomes = run_at_once(database_url, lambda p: load("a", p), lambda p: load("b", p), log_in)
    assert outcomes == [None] * 3
    assert program.audit.verify().events == 2 * 121 + 1
    found = list(program.audit.stream(AuditQuery(tag="account:create", limit=None)))
    assert len({event.target for event in found}) == 241
    assert len({event.user_id for event in found}) == 241
