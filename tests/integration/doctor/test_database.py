"""What ``userctl doctor`` finds in a database beside its rows."""

from pathlib import Path

import psycopg
import pytest

from tests.integration.doctor.conftest import findings, open_database, statuses
from tests.support.cli import Userctl
from userctl.core import mounts as file_system
from userctl.services.doctor.database import judge_version


def test_a_missing_database_fails_and_is_not_created(home: Path) -> None:
    userctl = Userctl(home, f"sqlite:///{home}/none.db")
    found = findings(userctl, code=6)
    assert found["connection"]["message"] == f"There is no database at {home}/none.db."
    assert "schema" not in found
    # How the run ended is recorded.
    assert {path.suffix for path in home.rglob("*") if path.is_file()} == {".json"}


def test_an_unreachable_server_fails(home: Path) -> None:
    found = statuses(Userctl(home, "postgresql://x@127.0.0.1:1/x"), code=6)
    assert found["connection"] == "failure"


def test_a_file_that_is_no_database_fails(home: Path) -> None:
    (home / "x.db").write_bytes(b"nonsense" * 100)
    found = findings(Userctl(home, f"sqlite:///{home}/x.db"), code=6)
    assert found["connection"]["status"] == "failure"
    assert "not a database" in found["connection"]["message"]


def test_pending_migrations_fail(home: Path, bare_database_url: str) -> None:
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "migrate", "0003").code == 0
    found = findings(userctl, code=6)["schema"]
    assert found["status"] == "failure"
    assert "7 migrations are pending" in found["message"]
    assert found["advice"] == "Run 'userctl db migrate'."
    assert userctl("db", "migrate", "-q").code == 0
    assert statuses(userctl)["schema"] == "ok"


def test_another_journal_mode_is_a_warning_until_it_is_fixed(local: Userctl) -> None:
    with open_database(local) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    assert statuses(local)["journal"] == "warning"
    assert findings(local, "--fix")["journal"]["fixed"]
    with open_database(local) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_sqlite_file_on_a_network_file_system_fails(
    local: Userctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("22 1 0:40 / / rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(file_system.network_file_system, "__defaults__", (mounts,))
    result = local("doctor", "-o", "jsonl")
    assert result.code == 6
    assert "network file system (nfs4), server:/export mounted at /." in result.out


def test_a_damaged_page_fails(local: Userctl) -> None:
    for number in range(3):
        local.create(f"u{number}@example.com")
    with open_database(local) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_users_role'"
        [(page,)] = connection.execute(query)
    with local.database_file.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    assert statuses(local, code=6)["integrity"] == "failure"


def test_an_index_that_was_never_finished_fails(home: Path, postgres_url: str) -> None:
    userctl = Userctl(home, postgres_url)
    with open_database(userctl) as connection:
        set_valid = (
            "UPDATE pg_index SET indisvalid = {} WHERE indexrelid = 'ix_users_role'::regclass"
        )
        connection.execute(set_valid.format("false"))
        try:
            found = findings(userctl, code=6)["integrity"]
        finally:
            connection.execute(set_valid.format("true"))
    assert "the index ix_users_role is invalid" in found["message"]


def test_an_audit_trail_without_its_guard_fails(home: Path, bare_database_url: str) -> None:
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "migrate").code == 0
    with open_database(userctl) as connection:
        on_server = isinstance(connection, psycopg.Connection)
        trigger = "audit_events_append_only" if on_server else "audit_events_no_update"
        if on_server:
            connection.execute(f"ALTER TABLE audit_events DISABLE TRIGGER {trigger}")
        else:
            connection.execute(f"DROP TRIGGER {trigger}")
    found = findings(userctl, code=6)["audit_trail"]
    assert trigger in found["message"]


def test_a_role_that_may_too_much_or_too_little_is_told(home: Path, bare_postgres_url: str) -> None:
    owner = Userctl(home, bare_postgres_url)
    assert owner("db", "migrate").code == 0
    assert findings(owner)["role"]["message"].startswith("The database role has more privileges")
    # A role belongs to all databases of the server, which other workers use too.
    role = f"plain_{bare_postgres_url.rpartition('?')[0].rpartition('/')[2]}"
    with psycopg.connect(bare_postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute(f"CREATE ROLE {role} LOGIN")
        try:
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            plain = Userctl(home, with_user(bare_postgres_url, role))
            found = findings(plain, code=6)["role"]
            assert found["status"] == "failure"
            assert "INSERT on users" in found["message"]
            connection.execute(
                f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
            )
            assert "sequence of users" in findings(plain, code=6)["role"]["message"]
            connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
            assert findings(plain)["role"]["status"] == "ok"
        finally:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


def with_user(url: str, user: str) -> str:
    """Return a URL for another role."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user}@{rest.rpartition('@')[2]}"


@pytest.mark.parametrize(
    ("version", "status", "told"),
    [
        ((3, 34, 1), "failure", "older than 3.35.0"),
        ((3, 40, 1), "ok", "Keep backups"),
        ((3, 51, 3), "ok", "is new enough."),
        ((3, 53, 0), "ok", "is new enough."),
    ],
)
def test_an_old_sqlite_fails_and_one_with_a_fault_is_told_of(
    version: tuple[int, ...], status: str, told: str
) -> None:
    finding = judge_version(version)
    assert (finding.status, told in finding.message) == (status, True)
