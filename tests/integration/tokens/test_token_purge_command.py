"""``userctl token purge`` on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Sql, open_engine, sql_on
from tests.support.cli import Userctl
from tests.support.expired import insert_tokens, token_count


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--role", "admin")


@pytest.fixture
def sql(database_url: str) -> Iterator[Sql]:
    with open_engine(database_url) as engine:
        yield sql_on(engine)


def result(**values: Any) -> dict[str, Any]:
    nothing = {"deleted": 0, "deleted_api_tokens": 0, "remaining": 0, "dry_run": False}
    return {**nothing, "stopped_by": None, **values}


def test_purge_deletes_in_batches_what_expired_long_enough_ago(userctl: Userctl, sql: Sql) -> None:
    userctl.login("ada@example.com", "--no-store")
    insert_tokens(sql, 3, hours=2)
    assert userctl("token", "purge", "-o", "json").json == result()
    dry = userctl("token", "purge", "--older-than", "1h", "--dry-run", "-o", "json").json
    assert dry == result(remaining=3, dry_run=True)
    purge = userctl("token", "purge", "--older-than", "1h", "--batch-size", "2", "--yes",
                    "-o", "json").json  # fmt: skip
    assert purge == result(deleted=3)
    assert token_count(sql) == 1


def test_purge_that_a_limit_stopped_says_what_remains_and_exits_8(
    userctl: Userctl, sql: Sql
) -> None:
    insert_tokens(sql, 5, days=2)
    limited = userctl("token", "purge", "--max-rows", "2", "-o", "jsonl")
    assert limited.code == 8
    assert limited.err.endswith("\n3 tokens remain: --max-rows was reached.\n")
    assert '"deleted": 2' in limited.out
    assert '"remaining": 3' in limited.out
    assert '"stopped_by": "max_rows"' in limited.out
    assert userctl("token", "purge", "--max-rows", "1", "-q").err.startswith("2 tokens remain")
    enough = userctl("token", "purge", "--max-rows", "2", "--max-seconds", "600", "--pause", "1ms",
                     "-o", "json")  # fmt: skip
    assert enough.json == result(deleted=2)


def test_purge_beside_another_one_says_so_and_exits_0(
    userctl: Userctl, sql: Sql, database_url: str
) -> None:
    from userctl.db.lock import try_lock  # noqa: PLC0415

    insert_tokens(sql, 5, days=2)
    with open_engine(database_url) as other, try_lock(other, "purge") as ours:
        assert ours
        second = userctl("token", "purge", "-o", "json")
        assert second.json == result(remaining=5, stopped_by="other_purge")
        assert second.err == "Another purge is running; this one did nothing.\n"
        assert userctl("token", "purge", "-q").err == ""
    assert userctl("token", "purge", "-o", "json").json["deleted"] == 5


def test_purge_asks_whether_a_clock_that_jumped_is_right(userctl: Userctl, sql: Sql) -> None:
    sql("UPDATE users SET created_at = '2020-01-01 00:00:00'")
    insert_tokens(sql, 5, days=2)
    sql("UPDATE refresh_tokens SET created_at = '2020-01-01 00:00:00'")
    refused = userctl("token", "purge", "-o", "json")
    assert (refused.code, refused.error["code"]) == (5, "clock_suspect")
    assert "2020-01-01T00:00:00Z" in refused.error["message"]
    assert "--yes" in refused.error["hint"]
    assert token_count(sql) == 5
    assert userctl("token", "purge", "--yes", "-o", "json").json["deleted"] == 5


def test_purge_says_nothing_when_told_to_be_quiet(userctl: Userctl) -> None:
    done = userctl("token", "purge", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_purge_fails_loudly(userctl: Userctl) -> None:
    userctl.extra["USERCTL_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    failed = userctl("token", "purge", "-q")
    assert failed.code == 6
    assert failed.err.startswith("error: ")


def test_tokens_that_ended_of_late_are_purged_only_with_a_yes(userctl: Userctl, sql: Sql) -> None:
    insert_tokens(sql, 3, hours=2)
    insert_tokens(sql, 2, days=2)
    recent = ("token", "purge", "--older-than", "1h", "-o", "json")
    refused = userctl(*recent)
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert "3 records" in refused.error["message"]
    assert "token_retention_days" in refused.error["message"]
    assert refused.error["hint"] == "Pass --yes, or --older-than 1d."
    assert token_count(sql) == 5
    assert userctl("token", "purge", "-o", "json").json == result(deleted=2)
    userctl.extra["USERCTL_TOKEN_RETENTION_DAYS"] = "0"
    assert userctl(*recent).json == result(deleted=3)


def test_a_purge_of_nothing_recent_needs_no_yes(userctl: Userctl) -> None:
    assert userctl("token", "purge", "--older-than", "0s", "-o", "json").json == result()


def test_a_purge_by_retention_does_not_count_the_tokens_first(
    userctl: Userctl, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_tokens(sql, 3, days=2)
    monkeypatch.delattr("userctl.repositories.token_purge.TokenPurgeRepository.count")
    assert userctl("token", "purge", "-o", "json").json == result(deleted=3)
