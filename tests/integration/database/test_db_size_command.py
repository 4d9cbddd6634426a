"""``userctl db stats`` and ``userctl db vacuum`` on both databases."""

import json
import resource
import sqlite3
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Sql, open_engine, sql_on
from tests.support.cli import Userctl
from tests.support.expired import insert_tokens, token_count
from userctl.db import engine as engine_rules
from userctl.db.maintenance import vacuum as vacuum_rules


@pytest.fixture
def sql(userctl: Userctl, database_url: str) -> Iterator[Sql]:
    userctl.create("ada@example.com", "--role", "admin")
    with open_engine(database_url) as engine:
        yield sql_on(engine)


def test_stats_tell_rows_sizes_and_what_a_purge_would_do(userctl: Userctl, sql: Sql) -> None:
    userctl.login("ada@example.com", "--no-store")
    insert_tokens(sql, 600, days=3)
    insert_tokens(sql, 399, hours=3)
    stats = userctl("db", "stats", "-o", "json").json
    rows = {name: stats[name] for name in ("users", "refresh_tokens", "api_tokens")}
    assert rows == {"users": 1, "refresh_tokens": 1000, "api_tokens": 0}
    assert (stats["expired_tokens"], stats["purge_would_delete"]) == (999, 600)
    assert 0 < stats["purge_would_free_bytes"] < stats["size_bytes"]
    more = userctl("db", "stats", "--older-than", "1h", "-o", "json").json
    assert more["purge_would_delete"] == 999
    assert more["purge_would_free_bytes"] > stats["purge_would_free_bytes"]
    assert userctl("token", "purge", "-o", "json").json["deleted"] == 600
    after = userctl("db", "stats", "-o", "json").json
    assert after["oldest_expired_at"] > stats["oldest_expired_at"]


def test_stats_of_an_empty_database_know_no_oldest_token(userctl: Userctl) -> None:
    stats = userctl("db", "stats", "-o", "json").json
    assert stats["oldest_expired_at"] is None
    assert (stats["expired_tokens"], stats["purge_would_free_bytes"]) == (0, 0)
    assert stats["size_bytes"] > 0


def test_vacuum_gives_back_what_was_purged_and_keeps_the_rest(userctl: Userctl, sql: Sql) -> None:
    insert_tokens(sql, 5000, days=3)
    userctl("token", "purge", "-q")
    result = userctl("db", "vacuum", "-o", "json").json
    assert result["freed_bytes"] == result["size_before_bytes"] - result["size_after_bytes"]
    assert result["freed_bytes"] > 0
    assert token_count(sql) == 0
    assert userctl("user", "show", "ada@example.com").code == 0
    if str(userctl.database_url).startswith("sqlite"):
        assert userctl("db", "stats", "-o", "json").json["free_bytes"] == 0


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "BEGIN"])
def test_vacuum_of_a_file_that_others_use_is_busy_and_loses_nothing(
    local: Userctl, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setattr(engine_rules, "BUSY_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(vacuum_rules, "BUSY_TIMEOUT_SECONDS", 1)
    local.create("ada@example.com")
    other = sqlite3.connect(str(local.database_url).removeprefix("sqlite:///"))
    other.execute(statement)
    other.execute("SELECT * FROM users").fetchall()
    result = local("db", "vacuum", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_busy")
    other.close()
    assert local("db", "vacuum").code == 0
    assert local("user", "list", "-q").out == "1\n"


def test_vacuum_on_a_full_disk_is_told_and_loses_nothing(local: Userctl) -> None:
    local.create("ada@example.com")

    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    result = local.spawn("db", "vacuum", "-o", "json", preexec_fn=limit_files)
    assert result.code == 9
    # What measures coverage may want to write more than the limit allows, too.
    error = json.loads(result.err.splitlines()[0])["error"]
    assert error["code"] in {"disk_full", "io_error"}
    assert local("user", "list", "-q").out == "1\n"
    assert local("db", "vacuum").code == 0
