"""``userctl metrics`` on both databases."""

import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.conftest import open_engine, sql_on
from tests.support.cli import Userctl
from tests.support.expired import insert_tokens

Samples = dict[tuple[str, ...], float]


def samples(text: str) -> Samples:
    """Return the value of each name and values of labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_accounts_tokens_failures_and_purges(
    userctl: Userctl, database_url: str
) -> None:
    userctl.create("ada@example.com", "--role", "admin")
    userctl.create("eve@example.com")
    assert userctl("user", "disable", "eve@example.com").code == 0
    userctl.login("ada@example.com", "--no-store")
    userctl("login", "ada@example.com", "--password-stdin", "--no-store", stdin="wrong horse")
    userctl("token", "issue", "--user", "1", "--label", "ci", "-o", "json")
    with open_engine(database_url) as engine:
        insert_tokens(sql_on(engine), 3, hours=48)
    before = samples(userctl("metrics").out)
    assert before[("userctl_accounts", "admin", "active")] == 1
    assert before[("userctl_accounts", "user", "disabled")] == 1
    assert before[("userctl_refresh_tokens", "active")] == 1
    assert before[("userctl_refresh_tokens", "expired")] == 3
    assert before[("userctl_refresh_tokens", "used")] == 0
    assert before[("userctl_api_tokens", "active")] == 1
    assert before[("userctl_login_failures_total",)] == 1
    assert ("userctl_oldest_expired_token_timestamp_seconds",) in before
    assert ("userctl_last_purge_timestamp_seconds",) not in before
    assert userctl("token", "purge", "--older-than", "1h", "--max-rows", "2", "--yes").code == 8
    after = samples(userctl("metrics").out)
    assert after[("userctl_last_purge_deleted_tokens",)] == 2
    assert after[("userctl_last_purge_remaining_tokens",)] == 1
    assert after[("userctl_last_purge_outcome", "max_rows")] == 1
    assert userctl("token", "purge", "--older-than", "1h", "--yes").code == 0
    assert samples(userctl("metrics").out)[("userctl_last_purge_outcome", "finished")] == 1


def test_a_role_that_another_program_wrote_breaks_no_line(
    userctl: Userctl, database_url: str
) -> None:
    with open_engine(database_url) as engine:
        sql_on(engine)(
            "INSERT INTO users (email, hashed_password, role) VALUES ('a', 'x', :role)",
            role='a"} 1\nevil',
        )
    assert samples(userctl("metrics").out)[("userctl_accounts", r'a"} 1\nevil', "active")] == 1


def test_the_textfile_is_replaced_as_a_whole_and_others_may_read_it(local: Userctl) -> None:
    file = local.home / "userctl.prom"
    file.write_text("old")
    done = local("metrics", "--textfile", str(file))
    assert (done.code, done.out, done.err) == (0, "", "")
    assert file.read_text().startswith("# HELP userctl_up")
    assert stat.S_IMODE(file.stat().st_mode) & 0o444 == 0o444
    assert local("metrics", "--textfile", str(local.home / "no" / "where.prom")).code == 9


def test_without_the_library_the_message_says_what_to_install(
    local: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "userctl.formats.prometheus", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    done = local("metrics")
    assert done.code == 2
    assert "pip install 'prometheus-client>=" in done.err


UNREADABLE = [
    "",
    "[]",
    "9" * 70_000,
    '{"command": "token purge", "ended_at": "2026-01-01", "exit_code": 0, "seconds": 1}',
    '{"command": "x", "ended_at": "2026-01-01T00:00:00Z", "exit_code": 0, "seconds": "NaN"}',
    '{"command": "x", "ended_at": "2026-01-01T00:00:00Z", "exit_code": 1e9, "seconds": 1}',
]


def runs(userctl: Userctl) -> dict[str, tuple[float, ...]]:
    """Return when the last run of each command ended, with which code and after how long."""
    found = samples(userctl("metrics").out)
    names = [
        f"userctl_command_last_run_{name}"
        for name in ("timestamp_seconds", "exit_code", "duration_seconds")
    ]
    commands = {labels[0] for name, *labels in found if name == names[0]}
    return {command: tuple(found[(name, command)] for name in names) for command in commands}


def record_of(userctl: Userctl) -> Path:
    """Return the file of the one run that was recorded."""
    [file] = (userctl.home / ".local/state/userctl").rglob("*.json")
    return file


def test_the_last_run_of_each_scheduled_command_is_told(userctl: Userctl) -> None:
    before = datetime.now(UTC)
    assert userctl("audit", "verify", "--quiet").code == 0
    assert userctl("user", "purge", "--older-than", "soon").code == 2
    assert userctl("user", "list").code == 0
    found = runs(userctl)
    assert {command: code for command, (_, code, _) in found.items()} == {
        "audit verify": 0,
        "user purge": 2,
    }
    for ended_at, _, seconds in found.values():
        assert before.timestamp() <= ended_at <= datetime.now(UTC).timestamp()
        assert 0 < seconds <= (datetime.now(UTC) - before) / timedelta(seconds=1)
    assert userctl("user", "purge").code == 0
    assert runs(userctl)["user purge"][1] == 0


def test_a_rehearsal_is_no_run(local: Userctl) -> None:
    assert local("token", "purge", "--dry-run").code == 0
    assert runs(local) == {}


def test_a_run_that_finds_no_database_is_told_all_the_same(local: Userctl) -> None:
    assert local("token", "purge").code == 0
    database = local.database_file
    database.rename(database.with_suffix(".away"))
    assert local("token", "purge").code == 6
    file = local.home / "userctl.prom"
    done = local("metrics", "--textfile", str(file))
    assert (done.code, done.out) == (6, "")
    found = samples(file.read_text())
    assert found[("userctl_up",)] == 0
    assert found[("userctl_command_last_run_exit_code", "token purge")] == 6
    assert not [name for name, *_ in found if not name.startswith(("userctl_up", "userctl_com"))]


def test_each_database_has_runs_of_its_own(local: Userctl, postgres_url: str) -> None:
    assert local("audit", "verify").code == 0
    local.database_url = postgres_url
    assert runs(local) == {}
    assert samples(local("metrics").out)[("userctl_up",)] == 1


def test_the_record_of_a_run_holds_no_address_and_is_private(local: Userctl) -> None:
    assert local("db", "backup", "ada@example.com.backup").code == 0
    file = record_of(local)
    assert file.name == "db-backup.json"
    assert set(json.loads(file.read_text())) == {"command", "ended_at", "exit_code", "seconds"}
    assert "ada" not in file.read_text()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, *file.parents[:2])]
    assert modes == [0o600, 0o700, 0o700]


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_record_that_cannot_be_read_counts_as_none(local: Userctl, text: str) -> None:
    assert local("audit", "verify").code == 0
    record_of(local).write_text(text)
    done = local("metrics")
    assert (done.code, done.err) == (0, "")
    assert "last_run" not in done.out
    assert local("audit", "verify").code == 0
    assert list(runs(local)) == ["audit verify"]


def test_a_run_that_cannot_be_recorded_ends_as_it_would(local: Userctl) -> None:
    state = local.home / ".local/state"
    state.parent.mkdir(exist_ok=True)
    state.symlink_to("/dev/null")
    done = local("audit", "verify", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    log = local("audit", "verify", "-v").err
    assert "the run was not recorded: Cannot create" in log
    assert local("metrics").code == 0
