"""The places of events in the audit trail, and how they are found, on both databases."""

from datetime import timedelta
from typing import Any, cast

import pytest

from tests.integration.audit.conftest import ADA, tags
from tests.integration.conftest import FakeClock, Program, Sql, run_at_once
from userctl.core.errors import AuditBroken, DatabaseDamaged, InvalidInput
from userctl.repositories import new_events
from userctl.schemas.audit import AuditQuery, AuditTag
from userctl.schemas.users import UserCreate
from userctl.services.audit.trail import AuditService


def test_events_are_found_by_account_tag_and_time(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    clock.advance(hours=1)
    program.users.create(UserCreate(email="eve@example.com"))
    program.log_in(ADA)
    program.recycle_bin.delete(["2"])
    assert tags(audit, AuditQuery(user=ADA)) == ["account:create", "account:login:success"]
    assert tags(audit, AuditQuery(user="1")) == ["account:create", "account:login:success"]
    for gone in ("2", "eve@example.com"):
        assert tags(audit, AuditQuery(user=gone)) == ["account:create", "account:delete"]
    assert tags(audit, AuditQuery(tag="account:login")) == ["account:login:success"]
    assert len(tags(audit, AuditQuery(tag="account"))) == 4
    assert len(tags(audit, AuditQuery(since=timedelta(minutes=59)))) == 3
    assert len(tags(audit, AuditQuery(since=clock.now))) == 3
    with pytest.raises(InvalidInput, match="'acc' is not an audit tag"):
        tags(audit, AuditQuery(tag="acc"))


def test_the_last_events_are_shown_or_those_behind_one(
    program: Program, audit: AuditService
) -> None:
    for _ in range(4):
        program.log_in(ADA)
    shown = audit.page(AuditQuery(limit=2))
    assert ([event.id for event in shown.items], shown.more) == ([4, 5], False)
    page = audit.page(AuditQuery(limit=2, after=1))
    assert ([event.id for event in page.items], page.more) == ([2, 3], True)


def test_of_many_writers_at_once_each_event_has_its_place(
    audit: AuditService, database_url: str
) -> None:
    def log_in(program: Program) -> None:
        for _ in range(5):
            program.log_in(ADA)

    # Five at once may fail, and each counts as failed until it has succeeded.
    outcomes = run_at_once(database_url, *[log_in] * 4)
    assert outcomes == [None] * 4
    assert audit.verify().events == 1 + 20


def test_an_event_with_the_largest_id_blocks_no_writer_and_is_found(
    program: Program, audit: AuditService, sql: Sql
) -> None:
    for number in (new_events.LARGEST_ID - 1, new_events.LARGEST_ID):
        sql(
            "INSERT INTO audit_events (id, time, tag, actor, machine, detail, hash) "
            f"SELECT {number}, time, tag, actor, machine, detail, hash FROM audit_events "
            "WHERE id = 1"
        )
    for number in (2, 3):
        program.users.create(UserCreate(email=f"u{number}@example.com"))
        assert sql(f"SELECT count(*) FROM audit_events WHERE id = {number}") == [(1,)]
    with pytest.raises(AuditBroken, match="Event 4 is missing"):
        audit.verify()


def test_a_trail_that_is_full_is_an_error_with_a_name(
    program: Program, audit: AuditService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_events, "LARGEST_ID", 1)
    with pytest.raises(DatabaseDamaged, match="cannot continue after event 1"):
        program.users.create(UserCreate(email="eve@example.com"))


def test_limits_and_accounts_may_be_larger_than_any_database(audit: AuditService) -> None:
    for number in (2**31 - 1, 2**63 - 1, 10**30):
        assert len(audit.page(AuditQuery(limit=number)).items) == 1
        assert len(audit.page(AuditQuery(limit=number, after=0)).items) == 1
        assert audit.page(AuditQuery(user=str(number))).items == []


@pytest.mark.parametrize("tag", ["account:pin:failure", "session:merge"])
def test_an_event_of_a_later_version_is_shown_as_it_is(
    program: Program, audit: AuditService, clock: FakeClock, tag: Any
) -> None:
    with program.database.writing() as uow:
        uow.record(tag, clock(), target=ADA, pin=True)
        uow.commit()
    event = audit.page(AuditQuery(limit=1)).items[0]
    assert (event.tag, event.detail) == (tag, {"pin": True})
    assert event.outcome == ("failure" if tag.endswith(":failure") else "success")
    assert tags(audit, AuditQuery(after=1, limit=None)) == [tag]
    assert tags(audit, AuditQuery(user=ADA)) == ["account:create", tag]
    assert [row[2] for chunk in audit.chunks() for row in chunk] == ["account:create", tag]
    assert audit.verify().events == 2
    assert program.metrics.collect().login_failures == 0


def test_a_beginning_finds_tags_of_later_versions_too(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    for tag in ("account:pin:failure", "accounting:close", "session:merge"):
        with program.database.writing() as uow:
            uow.record(cast("AuditTag", tag), clock(), user_id=1)
            uow.commit()
    assert tags(audit, AuditQuery(tag="account")) == ["account:create", "account:pin:failure"]
    assert tags(audit, AuditQuery(tag="account:pin")) == ["account:pin:failure"]
    assert tags(audit, AuditQuery(tag="account", user="1")) == [
        "account:create", "account:pin:failure",
    ]  # fmt: skip
    assert tags(audit, AuditQuery(tag="session")) == ["session:merge"]
    assert tags(audit, AuditQuery(tag="session:merge")) == ["session:merge"]
    assert tags(audit, AuditQuery(tag="key")) == []
    for unknown in ("sess", "session:", "session:%", "_ession", "\ud800", "a\0"):
        with pytest.raises(InvalidInput):
            audit.page(AuditQuery(tag=unknown))


def test_an_unknown_tag_to_search_for_is_an_error_with_the_nearest_one(
    audit: AuditService,
) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'account:create'") as caught:
        audit.page(AuditQuery(tag="acount:create"))
    assert caught.value.message.endswith("?")
