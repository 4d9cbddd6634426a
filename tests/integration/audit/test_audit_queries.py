"""Finding out who changed what, on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.conftest import ACTOR, PASSWORD, FakeClock, Program
from tests.support.cli import Userctl
from tests.support.record_files import records
from userctl.core.errors import EventNotFound
from userctl.schemas.audit import AuditQuery, ChangedField
from userctl.schemas.users import UserCreate, UserUpdate

ADA = "ada@example.com"


def found(program: Program, **query: object) -> list[str]:
    """Return the tags of the events that a query finds."""
    events = program.audit.stream(AuditQuery.model_validate({"limit": None, **query}))
    return [event.tag for event in events]


def _create(program: Program) -> None:
    program.users.create(UserCreate(email=ADA, role="admin"))


def _update(program: Program) -> None:
    program.users.create(UserCreate(email=ADA))
    program.users.update(ADA, UserUpdate(role="admin"))


def _import(program: Program) -> None:
    program.user_import.load(records({"email": ADA, "role": "admin"}))


def _import_update(program: Program) -> None:
    program.users.create(UserCreate(email=ADA))
    program.user_import.load(records({"email": ADA, "role": "admin"}), on_conflict="update")


def _restore(program: Program) -> None:
    program.users.create(UserCreate(email=ADA))
    program.recycle_bin.delete([ADA])
    program.recycle_bin.restore(ADA, role="admin")


@pytest.mark.parametrize("make", [_create, _update, _import, _import_update, _restore])
def test_who_made_this_admin_is_one_query_however_it_came_about(
    program: Program, make: Callable[[Program], None]
) -> None:
    program.users.create(UserCreate(email="root@example.com", role="admin"))
    make(program)
    program.users.update(ADA, UserUpdate(name='"role":'))
    program.user_passwords.set_password(ADA, PASSWORD)
    events = list(program.audit.stream(AuditQuery(user=ADA, changed="role", limit=None)))
    last = events[-1]
    role = last.detail.get("role") or last.detail["changes"]["role"][1]
    assert (role, last.actor, last.target) == ("admin", ACTOR.name, ADA)
    assert len(events) == (1 if make in {_create, _import} else 2)


@pytest.mark.parametrize(
    ("changed", "tags"),
    [
        ("role", ["create", "restore"]),
        ("status", ["disable", "enable", "delete", "restore"]),
        ("email", ["create", "update", "restore"]),
        ("name", ["create", "update"]),
        ("password", ["password:set"]),
    ],
)
def test_the_events_that_changed_a_field_are_found(
    program: Program, changed: ChangedField, tags: list[str]
) -> None:
    program.users.create(UserCreate(email=ADA))
    program.user_status.disable(ADA)
    program.user_status.enable(ADA)
    program.user_passwords.set_password(ADA, PASSWORD)
    program.users.update(ADA, UserUpdate(name="A"))
    program.users.update(ADA, UserUpdate(email="eve@example.com"))
    program.recycle_bin.delete(["1"])
    program.recycle_bin.restore("1")
    wanted = [f"account:{tag}" for tag in tags]
    assert found(program, changed=changed) == wanted
    assert found(program, changed=changed, user="1", tag=wanted[0]) == wanted[:1]
    assert found(program, changed=changed, tag="database") == []


def test_events_are_found_by_who_caused_them_and_up_to_a_time(
    program: Program, clock: FakeClock
) -> None:
    program.users.create(UserCreate(email=ADA))
    clock.advance(hours=1)
    program.users.update(ADA, UserUpdate(name="A"))
    for actor in (ACTOR.name, ACTOR.machine):
        assert len(found(program, by=actor)) == 2
    assert found(program, by="eve") == []
    assert found(program, until=clock.now) == ["account:create"]
    assert found(program, until=timedelta(minutes=59)) == ["account:create"]
    assert found(program, since=timedelta(minutes=59)) == ["account:update"]


def test_an_event_is_shown_by_its_id(program: Program) -> None:
    program.users.create(UserCreate(email=ADA))
    assert program.audit.show(1).target == ADA
    for missing in (0, -1, 2, 2**70):
        with pytest.raises(EventNotFound):
            program.audit.show(missing)


def test_a_detail_is_readable_and_a_failure_has_its_cause(userctl: Userctl) -> None:
    userctl.create(ADA)
    userctl("user", "update", "1", "--name", "A, \x7f→ {'b'}")
    userctl("user", "update", "1", "--role", "admin", "--actor", "boss")
    userctl("login", ADA, "--password-stdin", "--no-store", stdin="wrong horse")
    listed = userctl("audit", "list", "--by", "boss").out.splitlines()
    assert listed[1].endswith("role: user → admin")
    shown = userctl("audit", "show", userctl("audit", "list", "--by", "boss", "-q").out.strip())
    assert "detail   role: user → admin\n" in shown.out
    failed = userctl("audit", "list", "--tag", "account:login").out
    assert "cause: wrong_password" in failed
    assert "{" not in failed
    assert userctl("audit", "list", "--until", "2020-01-01", "-o", "json").json == []
    assert userctl("audit", "show", "99", "-o", "json").error["code"] == "event_not_found"


# Which commands only read is held by the test of all verdicts.
@pytest.mark.parametrize("words", ["audit list", "health"])
def test_a_command_that_only_reads_refuses_an_actor_and_says_what_to_use(
    local: Userctl, words: str
) -> None:
    refused = local(*words.split(), "--actor", "boss")
    assert (refused.code, refused.out) == (2, "")
    assert "audit list --by NAME" in refused.err
    assert "--actor" not in local(*words.split()[:2], "--help").out
    local.extra["USERCTL_ACTOR"] = "boss"
    assert local(*words.split()).code in {0, 3}
