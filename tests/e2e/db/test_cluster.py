"""The primary of a replicated pair dies while userctl works, and the standby takes its place."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from tests.support.cli import PASSWORD, Result, Userctl, wait_for_result
from tests.support.cluster import Cluster
from tests.support.expired import insert_tokens, token_count
from tests.support.forking import Forks
from tests.support.servers import wait_until

ACCOUNTS = 12_000
IMPORT = ["user", "import", "accounts.csv", "-o", "json"]
EXPIRED = 2000
LIVING = 2
PURGE = ["token", "purge", "-o", "json"]
LOGINS = 16


@pytest.fixture
def userctl(home: Path, cluster: Cluster) -> Userctl:
    """Userctl on a cluster."""
    userctl = Userctl(home, cluster.url)
    assert userctl("db", "migrate").code == 0
    return userctl


@pytest.fixture
def accounts(userctl: Userctl) -> None:
    """A file of many accounts."""
    lines = ["email", *(f"u{n}@example.com" for n in range(ACCOUNTS))]
    (userctl.home / "accounts.csv").write_text("\n".join([*lines, ""]))


@pytest.fixture
def tokens(userctl: Userctl, cluster: Cluster) -> list[str]:
    """Living tokens, which are returned, and many expired ones."""
    userctl.create("u0@example.com")
    living = [userctl.login("u0@example.com", "--no-store") for _ in range(LIVING)]
    insert_tokens(cluster.sql, EXPIRED, days=2)
    return [pair["refresh_token"] for pair in living]


def waiting(cluster: Cluster, event: str) -> Callable[[], bool]:
    """Return what tells whether a command waits for something on the server."""
    query = f"SELECT 1 FROM pg_stat_activity WHERE application_name = 'userctl' AND {event}"
    return lambda: bool(cluster.sql(query))


def events(cluster: Cluster, tag: str) -> int:
    """Return how many events of a kind there are."""
    return int(cluster.sql(f"SELECT count(*) FROM audit_events WHERE tag = '{tag}'")[0][0])


def require_told(result: Result, *codes: str) -> None:
    """Make sure that a command said in one line that it lost the database."""
    assert (result.code, result.err.count("\n")) == (6, 1), result
    assert result.error["code"] in codes


def require_whole(userctl: Userctl) -> None:
    """Make sure that the trail is whole, and that the next command can write."""
    assert userctl("audit", "verify").code == 0
    userctl.create("next@example.com")


@pytest.mark.soak
def test_an_import_whose_primary_dies_while_it_writes_leaves_nothing_and_can_be_repeated(
    userctl: Userctl, cluster: Cluster, accounts: None
) -> None:
    insert = "INSERT INTO users (email, hashed_password) VALUES ('u11000@example.com', 'x')"
    with closing(psycopg.connect(cluster.writable)) as other:
        other.execute(insert)
        importing = userctl.start(*IMPORT)
        # Who wants the same address has to see first whether the other one gets it.
        wait_until(waiting(cluster, "wait_event_type = 'Lock'"))
        cluster.kill_primary()
        require_told(wait_for_result(importing), "database_unreachable")
    require_told(userctl("user", "list", "-o", "json"), "database_unreachable")
    cluster.promote_standby()
    require_whole(userctl)
    assert userctl(*IMPORT).json["created"] == ACCOUNTS
    assert events(cluster, "account:import") == 1


@pytest.mark.soak
def test_an_import_whose_primary_dies_at_its_commit_says_that_nobody_knows(
    userctl: Userctl, cluster: Cluster, accounts: None
) -> None:
    with cluster.standby_asleep():
        importing = userctl.start(*IMPORT)
        wait_until(waiting(cluster, "wait_event = 'SyncRep'"))
        cluster.kill_primary()
        require_told(wait_for_result(importing), "commit_unknown")
    cluster.promote_standby()
    [(count,)] = cluster.sql("SELECT count(*) FROM users")
    assert (count, events(cluster, "account:import")) in {(0, 0), (ACCOUNTS, 1)}
    require_whole(userctl)
    again = userctl(*IMPORT, "--on-conflict", "skip").json
    assert (again["created"], again["skipped"]) == (ACCOUNTS - count, count)


@pytest.mark.soak
def test_an_import_that_succeeded_is_there_when_the_primary_dies(
    userctl: Userctl, cluster: Cluster, accounts: None
) -> None:
    done = userctl.spawn(*IMPORT)
    cluster.kill_primary()
    assert done.json["created"] == ACCOUNTS
    cluster.promote_standby()
    assert cluster.sql("SELECT count(*) FROM users") == [(ACCOUNTS,)]
    assert events(cluster, "account:import") == 1
    require_whole(userctl)


@pytest.mark.soak
def test_a_purge_whose_primary_dies_takes_nothing_that_lives_and_the_next_one_goes_on(
    userctl: Userctl, cluster: Cluster, tokens: list[str]
) -> None:
    purging = userctl.start(*PURGE, "--batch-size", "20", "--pause", "10ms")
    wait_until(lambda: token_count(cluster.sql) < EXPIRED)
    cluster.kill_primary()
    require_told(wait_for_result(purging), "database_unreachable", "commit_unknown")
    cluster.promote_standby()
    require_whole(userctl)
    left = token_count(cluster.sql) - LIVING
    assert 0 < left <= EXPIRED
    assert userctl(*PURGE).json["deleted"] == left
    require_living(userctl, tokens)


@pytest.mark.soak
@pytest.mark.parametrize("survives", [True, False])
def test_a_purge_ends_when_the_standby_has_all_that_it_deleted(
    userctl: Userctl, cluster: Cluster, tokens: list[str], survives: bool
) -> None:
    with cluster.standby_asleep():
        purging = userctl.start(*PURGE, "--batch-size", "200")
        # The deletions wait for nobody, and the end waits for all of them.
        wait_until(waiting(cluster, "wait_event = 'SyncRep'"))
        assert token_count(cluster.sql) == LIVING
        assert purging.poll() is None
        if not survives:
            cluster.kill_primary()
            require_told(wait_for_result(purging), "commit_unknown")
    if survives:
        assert wait_for_result(purging).json["deleted"] == EXPIRED
        cluster.kill_primary()
    cluster.promote_standby()
    require_whole(userctl)
    left = token_count(cluster.sql) - LIVING
    ended = events(cluster, "token:purge:end")
    # Of what hung, the standby may have got a part, in the order in which it was written.
    assert (left, ended) == (0, 1) if survives else (ended == 0 or (left, ended) == (0, 1))
    assert userctl(*PURGE).json["deleted"] == left
    require_living(userctl, tokens)


def require_living(userctl: Userctl, tokens: list[str]) -> None:
    """Make sure that refresh tokens are there and can be exchanged."""
    for token in tokens:
        assert userctl("token", "refresh", "--stdin", "-o", "json", stdin=token).code == 0


@pytest.mark.soak
@pytest.mark.parametrize("acknowledged", [6])
def test_logins_that_succeeded_are_there_once_when_the_primary_dies_amid_others(
    userctl: Userctl, cluster: Cluster, forks: Forks, acknowledged: int
) -> None:
    commands = []
    for number in range(LOGINS):
        userctl.create(f"u{number}@example.com")
        commands.append(
            ["login", f"u{number}@example.com", "--password-stdin", "--no-store", "-o", "json"]
        )
    with ThreadPoolExecutor(1) as pool:
        logins = pool.submit(forks.run_at_once, commands, PASSWORD)
        wait_until(lambda: events(cluster, "account:login:success") >= acknowledged)
        cluster.kill_primary()
        results = [Result(each.code, each.out, each.err) for each in logins.result()]
    succeeded = [json.loads(result.out)["refresh_token"] for result in results if not result.code]
    assert acknowledged <= len(succeeded) < LOGINS
    for result in results:
        if result.code:
            require_told(result, "database_unreachable", "commit_unknown")
    cluster.promote_standby()
    require_once(cluster, succeeded)
    require_whole(userctl)
    require_living(userctl, succeeded)


def require_once(cluster: Cluster, tokens: list[str]) -> None:
    """Make sure that each token has one row and one event, and that there is no event of none."""
    query = (
        "SELECT token, count(*) FROM refresh_tokens LEFT JOIN audit_events "
        "ON detail::json->>'session' = family_id AND tag = 'account:login:success' GROUP BY token"
    )
    found = dict(cluster.sql(query))
    assert set(found.values()) <= {1}
    assert {sha256(token.encode()).hexdigest() for token in tokens} <= found.keys()
    assert events(cluster, "account:login:success") == len(found)
