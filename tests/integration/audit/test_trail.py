"""The audit trail on both databases: what is recorded, and that tampering shows."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from tests.integration.conftest import (
    ACTOR,
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    at_once,
    sql_on,
)
from userctl.core.audit_chain import event_hash
from userctl.core.errors import AuditBroken, DatabaseDamaged, InvalidInput, UserctlError
from userctl.repositories import new_events
from userctl.schemas.audit import AuditQuery, AuditTag
from userctl.schemas.credentials import Credentials
from userctl.schemas.database import PurgeOptions
from userctl.schemas.tokens import ApiTokenCreate, TokenQuery
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserUpdate
from userctl.services.audit.trail import AuditService

ADA = "ada@example.com"
EVERYTHING = AuditQuery(limit=None)


def tags(audit: AuditService, query: AuditQuery = EVERYTHING) -> list[str]:
    """Return what happened, in order."""
    return [event.tag for event in audit.stream(query)]


def last(audit: AuditService) -> tuple[str, str | None, dict[str, Any]]:
    """Return the tag, the target and the detail of the last event."""
    [event] = audit.page(AuditQuery(limit=1)).items
    return event.tag, event.target, event.detail


@pytest.fixture
def audit(program: Program) -> AuditService:
    program.users.create(UserCreate(email=ADA, name="Ada", role="admin", password=PASSWORD))
    return program.audit


def test_an_event_says_who_did_what_to_whom_when_and_how(
    audit: AuditService, clock: FakeClock
) -> None:
    [event] = audit.page(AuditQuery()).items
    assert (event.id, event.time, event.tag, event.outcome) == (
        1, clock.now, "account:create", "success",
    )  # fmt: skip
    assert (event.actor, event.machine) == ACTOR
    assert (event.user_id, event.target) == (1, ADA)
    assert event.detail == {"name": "Ada", "role": "admin"}


def test_every_change_of_an_account_is_recorded(program: Program, audit: AuditService) -> None:
    users = program.users
    users.create(UserCreate(email="root@example.com", role="admin", password=PASSWORD))
    users.update("1", UserUpdate(name="Ada L."))
    assert last(audit)[2] == {"changes": {"name": ["Ada", "Ada L."]}}
    users.update("1", UserUpdate(name="Ada L."))
    program.user_passwords.set_password("1", "another horse 78")
    program.user_passwords.require_change("1")
    program.user_status.disable("1")
    program.user_status.enable("1")
    program.user_status.enable("1")
    program.throttling.unlock("1")
    program.recycle_bin.delete(["1"])
    program.recycle_bin.restore("1")
    assert last(audit)[1:] == (
        ADA, {"role": "admin", "was": [1, ADA], "deleted_at": program.tools.clock().isoformat()},
    )  # fmt: skip
    program.recycle_bin.delete(["1"])
    program.recycle_bin.purge(-timedelta(seconds=1), trust_clock=True)
    assert tags(audit)[1:] == [
        "account:create",
        "account:update",
        "account:password:set",
        "account:password:expire",
        "account:disable",
        "account:enable",
        "account:unlock",
        "account:delete",
        "account:restore",
        "account:delete",
        "account:purge",
    ]


def test_what_is_rolled_back_leaves_no_event(program: Program, audit: AuditService) -> None:
    for refused in (
        lambda: program.users.create(UserCreate(email=ADA)),
        lambda: program.recycle_bin.delete(["1"]),
        lambda: program.users.update("99", UserUpdate(name="Nobody")),
    ):
        with pytest.raises(UserctlError):
            refused()
    assert tags(audit) == ["account:create"]


def test_logins_are_recorded_with_their_outcome(program: Program, audit: AuditService) -> None:
    grant = program.log_in(ADA)
    tag, target, detail = last(audit)
    assert (tag, target, detail["origin"]) == ("account:login:success", ADA, None)
    session = program.token_verifier.verify_offline(grant.tokens.access_token).sid
    assert detail["session"] == session
    for email, cause in ((ADA, "wrong_password"), ("eve@example.com", "unknown_address")):
        with pytest.raises(UserctlError):
            program.log_in(email, "wrong horse 77")
        detail = {"reason": "invalid_credentials", "cause": cause}
        detail |= {"method": "password", "source": None}
        failure = ("account:login:failure", email, detail)
        assert last(audit) == failure
    assert audit.page(AuditQuery(limit=1)).items[0].outcome == "failure"


def test_a_secret_that_was_typed_as_an_address_is_not_recorded(
    program: Program, audit: AuditService, sql: Sql
) -> None:
    with pytest.raises(UserctlError):
        program.log_in(PASSWORD, PASSWORD)
    assert last(audit)[1] is None
    assert PASSWORD not in str(sql("SELECT * FROM audit_events"))


def test_a_throttled_login_is_recorded(program: Program, audit: AuditService) -> None:
    for _ in range(6):
        with pytest.raises(UserctlError):
            program.log_in(ADA, "wrong horse 77")
    assert last(audit)[2]["reason"] == "throttled"


def test_a_password_that_changes_at_a_login_is_recorded(
    program: Program, audit: AuditService
) -> None:
    program.user_passwords.require_change("1")
    with pytest.raises(UserctlError):
        program.log_in(ADA)
    assert last(audit)[2]["reason"] == "password_change_required"
    secrets = {"secret": PASSWORD, "new_secret": "another horse 78"}
    program.log_in_with("password", Credentials(identity=ADA, **secrets))
    assert tags(audit)[-2:] == ["account:password:change", "account:login:success"]


def test_refreshes_are_recorded_and_so_are_their_failures(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    first = program.log_in(ADA).tokens.refresh_token
    program.token_exchange.refresh(first)
    assert last(audit)[0] == "token:refresh:success"
    with pytest.raises(UserctlError):
        program.token_exchange.refresh(first)
    assert (last(audit)[0], last(audit)[2]["reason"]) == (
        "token:refresh:failure", "refresh_conflict",
    )  # fmt: skip
    clock.advance(minutes=1)
    with pytest.raises(UserctlError):
        program.token_exchange.refresh(first)
    assert tags(audit)[-2:] == ["token:refresh:failure", "token:reuse"]
    [event] = audit.page(AuditQuery(limit=1)).items
    assert (event.outcome, event.user_id) == ("failure", 1)


def test_revocations_are_recorded_once(program: Program, audit: AuditService) -> None:
    token = program.log_in(ADA).tokens.refresh_token
    program.revocation.revoke(["1"])
    ended = last(audit)[2]
    assert (ended["token"], ended["revoked_sessions"], ended["revoked_api_tokens"]) == ("1", 1, 0)
    assert ended["session"]
    program.revocation.revoke(["1"])
    program.revocation.revoke_text(token)
    program.revocation.revoke_matching(TokenQuery(user=ADA))
    assert tags(audit).count("token:revoke") == 1
    program.log_in(ADA)
    program.revocation.revoke_matching(TokenQuery(user=ADA))
    assert last(audit)[2]["matching"] == {"user": ADA}


def test_api_tokens_are_recorded_without_their_text(
    program: Program, audit: AuditService, sql: Sql
) -> None:
    issued = program.api_tokens.issue(
        ApiTokenCreate(user=ADA, label="ci", scope=["read"], expires_in=None)
    )
    assert last(audit)[2] == {"label": "ci", "scope": "read", "token": "api-1"}
    program.api_tokens.verify(issued.token)
    assert last(audit)[::2] == ("api_token:verify:success", {"token": "api-1"})
    program.log_in_with("api-token", Credentials(secret=issued.token))
    assert last(audit)[2]["origin"] == "api-1"
    program.revocation.revoke(["api-1"])
    with pytest.raises(UserctlError):
        program.api_tokens.verify(issued.token)
    refused = {"reason": "token_revoked", "cause": "token_revoked"}
    assert last(audit) == (
        "api_token:verify:failure",
        ADA,
        refused | {"token": "api-1", "method": "api-token", "source": None},
    )
    assert issued.token not in str(sql("SELECT * FROM audit_events"))


def test_a_purge_records_each_transaction_and_how_it_ended(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    for _ in range(3):
        program.log_in(ADA)
    clock.advance(days=40)
    order = PurgeOptions(older_than=timedelta(), batch_size=2, trust_clock=True)
    program.purge.purge(order)
    events = list(audit.stream(AuditQuery(tag="token:purge")))
    assert [event.detail.get("tokens") for event in events] == [2, 1, None]
    assert events[-1].detail == {
        "deleted": 3, "deleted_api_tokens": 0, "remaining": 0, "stopped_by": None,
    }  # fmt: skip
    program.purge.purge(order)
    assert last(audit)[2]["deleted"] == 0


def test_an_import_records_its_numbers_and_the_digest_of_its_file(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    clock.advance(minutes=1)
    rows = [FileRecord(2, ("email",), ("eve@example.com",)), FileRecord(3, ("email",), (ADA,))]
    program.user_import.load(rows, on_conflict="skip", digest=lambda: "ab")
    assert last(audit) == (
        "account:import",
        None,
        {"created": 1, "rejected": 0, "sha256": "ab", "skipped": 1, "updated": 0},
    )
    program.user_import.load(rows, dry_run=True)
    program.user_import.load(rows)
    assert tags(audit).count("account:import") == 1


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
    outcomes = at_once(database_url, *[log_in] * 4)
    assert outcomes == [None] * 4
    assert audit.verify().events == 1 + 20


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


def test_a_refresh_with_what_is_no_token_is_recorded(program: Program, audit: AuditService) -> None:
    with pytest.raises(UserctlError):
        program.token_exchange.refresh("garbage")
    assert last(audit) == (
        "token:refresh:failure", None, {"reason": "token_invalid", "session": None},
    )  # fmt: skip


def test_a_login_whose_new_password_is_refused_is_recorded(
    program: Program, audit: AuditService
) -> None:
    program.user_passwords.require_change("1")
    secrets = {"secret": PASSWORD, "new_secret": "short"}
    with pytest.raises(UserctlError):
        program.log_in_with("password", Credentials(identity=ADA, **secrets))
    assert last(audit)[2]["reason"] == "password_rejected"


def test_what_changes_nothing_is_no_event(program: Program, audit: AuditService) -> None:
    program.users.create(UserCreate(email="eve@example.com"))
    program.user_status.disable("2")
    program.user_status.disable("2")
    assert tags(audit).count("account:disable") == 1


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


def test_limits_and_accounts_may_be_larger_than_any_database(audit: AuditService) -> None:
    for number in (2**31 - 1, 2**63 - 1, 10**30):
        assert len(audit.page(AuditQuery(limit=number)).items) == 1
        assert len(audit.page(AuditQuery(limit=number, after=0)).items) == 1
        assert audit.page(AuditQuery(user=str(number))).items == []


def test_the_source_of_a_login_is_recorded(program: Program, audit: AuditService) -> None:
    for secret in (PASSWORD, "wrong horse 77"):
        with suppress(UserctlError):
            program.log_in_with(
                "password", Credentials(identity=ADA, secret=secret, source="10.0.0.1")
            )
        assert last(audit)[2]["source"] == "10.0.0.1"


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


@pytest.mark.parametrize("tag", ["nonsense", "Account:create", "account:", "account:x y", ""])
def test_a_tag_that_breaks_the_grammar_is_damage(
    program: Program, audit: AuditService, clock: FakeClock, tag: Any
) -> None:
    with program.database.writing() as uow:
        uow.record(tag, clock())
        uow.commit()
    with pytest.raises(DatabaseDamaged, match="Event 2 "):
        audit.page(AuditQuery())


def test_an_unknown_tag_to_search_for_is_an_error_with_the_nearest_one(
    audit: AuditService,
) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'account:create'") as caught:
        audit.page(AuditQuery(tag="acount:create"))
    assert caught.value.message.endswith("?")
