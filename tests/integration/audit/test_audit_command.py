"""``userctl audit`` on both databases."""

import json
import re
import stat
from hashlib import sha256

import pytest

from tests.support.cli import PASSWORD, Userctl


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--role", "admin")


def tags(userctl: Userctl, *options: str) -> list[str]:
    events = userctl("audit", "list", *options, "-o", "json").json
    return [event["tag"] for event in events]


def last_actor(userctl: Userctl) -> str:
    [event] = userctl("audit", "list", "--limit", "1", "-o", "json").json
    return str(event["actor"])


def test_the_actor_is_the_option_or_the_logged_in_account_or_the_user_of_the_system(
    userctl: Userctl,
) -> None:
    me = last_actor(userctl)
    assert re.fullmatch(r"[^@]+@[^@]+", me)
    userctl.login("ada@example.com")
    userctl("user", "update", "1", "--name", "Ada")
    assert last_actor(userctl) == "ada@example.com"
    userctl("user", "update", "1", "--name", "Ada L.", "--actor", "cron")
    assert last_actor(userctl) == "cron"
    userctl.extra["USERCTL_ACTOR"] = "ci"
    userctl("user", "update", "1", "--name", "Ada")
    assert last_actor(userctl) == "ci"
    del userctl.extra["USERCTL_ACTOR"]
    assert userctl("logout").code == 0
    userctl("user", "disable", "1")
    userctl("user", "update", "1", "--name", "Nobody")
    assert last_actor(userctl) == me


def test_a_stored_session_of_another_database_names_nobody(userctl: Userctl) -> None:
    me = last_actor(userctl)
    userctl.login("ada@example.com")
    session = json.loads(userctl.session_file.read_text())
    userctl.session_file.write_text(json.dumps(session | {"database": "elsewhere"}))
    userctl("user", "update", "1", "--name", "Ada")
    assert last_actor(userctl) == me
    userctl.session_file.write_text("nonsense")
    userctl("user", "update", "1", "--name", "Ada L.")
    assert last_actor(userctl) == me


def test_events_are_listed_by_account_tag_and_time(userctl: Userctl) -> None:
    userctl("login", "ada@example.com", "--password-stdin", "--no-store", stdin="wrong horse")
    userctl.create("eve@example.com")
    assert tags(userctl, "--user", "eve@example.com") == ["account:create"]
    assert tags(userctl, "--tag", "account:login") == ["account:login:failure"]
    assert len(tags(userctl, "--since", "1h")) == 3
    assert tags(userctl, "--since", "2099-01-01") == []
    assert tags(userctl, "--since", "2099-01-01T00:00:00Z") == []
    assert len(tags(userctl, "--after", "1", "--limit", "1")) == 1
    more = userctl("audit", "list", "--after", "0", "--limit", "2")
    assert "Next page: --after 2." in more.err
    assert userctl("audit", "list", "--all", "-q").out == "1\n2\n3\n"
    [header, *lines] = userctl("audit", "list").out.splitlines()
    assert header.split() == ["id", "time", "tag", "actor", "target", "detail"]
    assert "ada@example.com" in lines[0]


def test_an_export_holds_what_the_hashes_are_made_of(userctl: Userctl) -> None:
    userctl("user", "update", "1", "--name", 'A "quoted"},{"name')
    done = userctl("audit", "export", "trail.jsonl")
    assert (done.code, done.out) == (0, "")
    path = userctl.home / "trail.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["id"] for event in events] == [1, 2]
    assert json.loads(events[1]["detail"])["changes"]["name"][1] == 'A "quoted"},{"name'
    head = userctl("audit", "head", "-o", "json").json
    assert head == {"id": 2, "hash": events[1]["hash"], "anchor": f"2:{events[1]['hash']}"}
    assert userctl("audit", "export", "trail.jsonl").code == 5
    assert userctl("audit", "export", "trail.jsonl", "--force").code == 0
    out = userctl("audit", "export", "--format", "csv").out.splitlines()
    assert out[0] == "id,time,tag,actor,machine,user_id,target,detail,hash"


def test_the_trail_is_verified_with_an_anchor_and_without(userctl: Userctl) -> None:
    anchor = userctl("audit", "head", "--fields", "anchor", "-o", "csv").out.splitlines()[1]
    userctl.create("eve@example.com")
    assert userctl("audit", "verify", "--anchor", anchor, "-o", "json").json["anchored"] is True
    assert userctl("audit", "verify", "-o", "json").json["events"] == 2
    broken = userctl("audit", "verify", "--anchor", f"1:{'0' * 64}", "-o", "json")
    assert (broken.code, broken.error["code"]) == (6, "audit_broken")


def test_an_import_names_the_digest_of_its_file(userctl: Userctl) -> None:
    file = userctl.home / "accounts.csv"
    file.write_text("email\neve@example.com\n")
    digest = sha256(file.read_bytes()).hexdigest()
    assert userctl("user", "import", "accounts.csv").code == 0
    [event] = userctl("audit", "list", "--tag", "account:import", "-o", "json").json
    assert event["detail"]["sha256"] == digest
    text = "email\ngrace@example.com\n"
    assert userctl("user", "import", "-", "--format", "csv", stdin=text).code == 0
    [_, event] = userctl("audit", "list", "--tag", "account:import", "-o", "json").json
    assert event["detail"]["created"] == 1


def test_no_secret_reaches_the_trail(userctl: Userctl) -> None:
    userctl("login", "ada@example.com", "--password-stdin", "--no-store", stdin=PASSWORD)
    pair = userctl.login("ada@example.com", "--no-store")
    userctl("user", "passwd", "1", "--password-stdin", stdin="another horse 78")
    trail = userctl("audit", "export", "--format", "jsonl").out
    assert trail.count("\n") == 4
    for secret in (PASSWORD, "another horse", "$2b$", *map(str, pair.values())):
        assert secret == "Bearer" or secret == "3600" or secret not in trail


def test_changes_of_keys_are_recorded_by_their_ids(userctl: Userctl) -> None:
    userctl.keyring = True
    first = userctl("key", "generate", "-o", "json").json["kid"]
    second = userctl("key", "generate", "-o", "json").json["kid"]
    assert userctl("key", "rotate", "--min-age", "0s").code == 0
    assert userctl("key", "retire", first, "--yes").code == 0
    events = userctl("audit", "list", "--tag", "key", "-o", "json").json
    assert [(event["tag"], event["target"]) for event in events] == [
        ("key:generate", first),
        ("key:generate", second),
        ("key:rotate", second),
        ("key:retire", first),
    ]


def test_keys_can_be_changed_while_the_database_cannot_be_reached(local: Userctl) -> None:
    local.keyring = True
    local.database_url = "postgresql://x@127.0.0.1:1/x"
    done = local("key", "generate", "-o", "json")
    assert done.code == 0
    assert done.err.startswith("The change was not recorded in the audit trail: ")


@pytest.mark.parametrize(
    "account", ["\ud800evil", "a\0b", "x" * 2000, "\x1b[31mred\n"], ids=range(4)
)
def test_no_name_in_a_session_file_makes_a_write_fail(userctl: Userctl, account: str) -> None:
    userctl.login("ada@example.com")
    session = json.loads(userctl.session_file.read_text())
    userctl.session_file.write_text(json.dumps(session | {"account": account}))
    assert userctl("user", "update", "1", "--name", "Ada").code == 0
    actor = last_actor(userctl)
    assert actor.isprintable()
    assert len(actor) <= 255


@pytest.mark.parametrize("actor", ["", " ", "x" * 101, "a\x1bb"], ids=range(4))
def test_a_name_that_is_none_is_refused(userctl: Userctl, actor: str) -> None:
    done = userctl("user", "update", "1", "--name", "Ada", "--actor", actor)
    assert done.code == 2


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_a_time_out_of_range_is_refused(userctl: Userctl, time: str) -> None:
    assert userctl("audit", "list", "--since", time).code == 2
