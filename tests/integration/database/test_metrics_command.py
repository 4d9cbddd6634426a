"""``userctl metrics`` on both databases."""

import stat
import sys

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
    assert file.read_text().startswith("# HELP userctl_accounts")
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
