"""``userctl db restore``."""

import signal
import sqlite3
import stat
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.integration.database.conftest import ADA, EVE, emails, last_tag, names_in, write_backup
from tests.support.cli import Userctl
from tests.support.forking import KILLED, Forks
from tests.support.marks import repeat, soak_only
from tests.support.postgres import programs_folder
from tests.support.servers import wait_until
from userctl.db.postgresql import pg_dump as postgresql_programs
from userctl.db.sqlite.backup import require_sound

COUNTED = ("services/database/backup.py", "db/sqlite/backup.py", "core/atomic_files.py")
"""Where a backup is put back."""


def test_what_a_backup_holds_comes_back(userctl: Userctl) -> None:
    userctl.create(ADA, "--role", "admin")
    userctl.login(ADA)
    head = userctl("audit", "head", "-o", "json").json["anchor"]
    backup = userctl("db", "backup", "a.backup", "-o", "json").json
    assert backup["revision"] == userctl("db", "status", "-o", "json").json["current"]
    assert backup["size_bytes"] == (userctl.home / "a.backup").stat().st_size
    userctl.create(EVE)
    assert userctl("user", "passwd", ADA, "--generate-password").code == 0
    assert userctl("whoami").code == 4
    restored = userctl("db", "restore", "a.backup", "--keep-sessions", "--yes", "-o", "json").json
    assert (restored["state"], restored["sessions_ended"]) == ("current", 0)
    assert emails(userctl) == [ADA]
    assert userctl("whoami").code == 0
    assert userctl("audit", "verify", "--anchor", head).code == 0
    [event] = userctl("audit", "list", "--tag", "database:restore", "-o", "json").json
    assert event["detail"] == {"sha256": backup["sha256"], "sessions_ended": 0}
    assert userctl.create("next@example.com")["id"] == 2


def test_a_restore_revives_no_session_that_was_revoked_since(userctl: Userctl) -> None:
    userctl.create(ADA)
    userctl.login(ADA)
    write_backup(userctl)
    assert userctl("token", "revoke", "--user", ADA, "--yes").code == 0
    restored = userctl("db", "restore", "a.backup", "--yes", "-o", "json").json
    assert restored["sessions_ended"] == 1
    active = userctl("token", "list", "--state", "active", "-o", "json")
    assert (active.code, active.json) == (0, [])
    assert userctl("whoami").code == 4
    [event] = userctl("audit", "list", "--tag", "database:restore", "-o", "json").json
    assert event["detail"]["sessions_ended"] == 1


def test_a_restored_session_is_ended_before_it_is_there(
    userctl: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    userctl.create(ADA)
    userctl.login(ADA)
    assert userctl("token", "issue", "--user", ADA, "--label", "ci").code == 0
    write_backup(userctl)

    def die(*_arguments: object, **_values: object) -> None:
        raise KeyboardInterrupt

    # Whatever ends the command right behind the restore leaves no session that is in force.
    with monkeypatch.context() as patch:
        patch.setattr("userctl.services.database.backup.RestoreRead", die)
        assert userctl("db", "restore", "a.backup", "--yes").code == 130
    active = ("token", "list", "--state", "active", "-o", "json")
    assert [token["kind"] for token in userctl(*active).json] == ["api"]
    assert last_tag(userctl) == "database:restore"
    command = ("db", "restore", "a.backup", "--revoke-api-tokens", "--yes", "-o", "json")
    restored = userctl(*command).json
    assert (restored["sessions_ended"], restored["api_tokens_revoked"]) == (1, 1)
    assert userctl(*active).json == []
    [event] = userctl("audit", "list", "--tag", "database:restore", "-o", "json").json
    assert event["detail"]["api_tokens_revoked"] == 1
    if str(userctl.database_url).startswith("sqlite"):
        names = names_in(userctl.database_file.parent)
        assert not [name for name in names if name.startswith(".")]


def test_the_event_of_a_restore_comes_with_it_whoever_did_it(
    userctl: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    userctl.create(ADA)
    write_backup(userctl)
    # The text is anyone's, and goes through psql.
    userctl.extra["USERCTL_ACTOR"] = actor = "O'Neil \\'; %s :name $$ ольга"
    assert userctl("db", "restore", "a.backup", "--yes").code == 0
    [event] = userctl("audit", "list", "--tag", "database:restore", "-o", "json").json
    assert event["actor"] == actor
    assert userctl("audit", "verify").code == 0
    assert userctl.create(EVE)["id"] == 2
    assert userctl("audit", "verify").code == 0


def test_the_event_of_a_restore_is_written_in_the_transaction_that_restores(
    home: Path, postgres_url: str
) -> None:
    userctl = Userctl(home, postgres_url)
    userctl.create(ADA)
    write_backup(userctl)
    assert userctl("db", "restore", "a.backup", "--yes").code == 0
    query = "SELECT DISTINCT xmin::text FROM users UNION SELECT xmin::text FROM audit_events"
    with psycopg.connect(postgres_url) as connection:
        assert len(connection.execute(query).fetchall()) == 1


def test_a_restore_into_nothing_is_recorded_too(
    userctl: Userctl, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    userctl.create(ADA)
    backup = write_backup(userctl)
    url = f"sqlite:///{tmp_path}/new.db"
    if not str(userctl.database_url).startswith("sqlite"):
        url = request.getfixturevalue("bare_postgres_url")
    other = Userctl(userctl.home, url)
    assert other("db", "restore", str(backup), "--yes").code == 0
    assert last_tag(other) == "database:restore"


def test_what_a_killed_restore_leaves_beside_the_database_is_gone_with_the_next(
    local: Userctl, fork_server: "subprocess.Popen[bytes]"
) -> None:
    local.create(ADA)
    write_backup(local)
    forks = Forks(fork_server, local)
    command = ["db", "restore", "a.backup", "--yes"]

    def leave_a_folder() -> Path:
        line = 0
        # The line that makes the folder is looked for, and the kill is right behind it.
        while not (left := [*local.database_file.parent.glob(".*.draft")]):
            line += 1
            assert forks.kill_at_line(command, line, ("core/scratch_folder.py",)).code == KILLED
        return left[0]

    folder = leave_a_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert local(*command).code == 0
    assert [*local.database_file.parent.glob(".*.draft")] == []
    folder = leave_a_folder()
    (folder / "secret").symlink_to(local.home / "a.backup")
    doctor = local("doctor", "-o", "jsonl")
    assert "leftover temporary folder" in doctor.out
    assert local("doctor", "--fix").code in {0, 6}
    assert not folder.exists()
    assert (local.home / "a.backup").exists()


def test_the_folder_of_a_restore_under_way_is_nobodys_leftover(local: Userctl) -> None:
    local.create(ADA)
    write_backup(local)
    with closing(sqlite3.connect(local.database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        restore, beside = (
            local.start("db", "restore", "a.backup", "--yes"),
            local.database_file.parent,
        )
        # The copy that is made first has a file of such a name.
        wait_until(lambda: any(path.is_dir() for path in beside.glob(".*.draft")))
        assert local("doctor", "--fix").code in {0, 6}
        [folder] = (path for path in beside.glob(".*.draft") if path.is_dir())
        other.execute("COMMIT")
        assert restore.wait(60) == 0
        restore.communicate()
    assert not folder.exists()


def test_a_backup_makes_a_new_database(userctl: Userctl, bare_database_url: str) -> None:
    userctl.create(ADA)
    write_backup(userctl)
    other = Userctl(userctl.home, bare_database_url)
    if userctl.database_url[:6] != bare_database_url[:6]:  # type: ignore[index]
        result = other("db", "restore", "a.backup", "--yes", "-o", "json")
        assert (result.code, result.error["code"]) == (2, "invalid_input")
        assert "another kind" in result.error["message"]
        return
    assert other("db", "restore", "a.backup", "--yes").code == 0
    assert emails(other) == [ADA]
    assert other.create(EVE)["id"] == 2


def test_a_backup_of_an_older_schema_comes_back_as_it_was(
    home: Path, bare_database_url: str
) -> None:
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "migrate").code == 0
    userctl.create(ADA)
    userctl.login(ADA)
    assert userctl("db", "downgrade", "0004", "--yes").code == 0
    write_backup(userctl)
    assert userctl("db", "migrate").code == 0
    restored = userctl("db", "restore", "a.backup", "--yes", "-o", "json").json
    assert (restored["state"], restored["current"]) == ("outdated", "0004")
    assert restored["sessions_ended"] == 1
    assert userctl("db", "migrate").code == 0
    assert emails(userctl) == [ADA]


@pytest.mark.parametrize("place", [100, 20_480, -4096])
def test_a_damaged_backup_is_not_restored(userctl: Userctl, place: int) -> None:
    for number in range(3):
        userctl.create(f"u{number}@example.com")
    backup = write_backup(userctl)
    content = bytearray(backup.read_bytes())
    place %= len(content)
    content[place : place + 3000] = b"\xff" * len(content[place : place + 3000])
    backup.write_bytes(content)
    result = userctl("db", "restore", "a.backup", "--yes", "-o", "json")
    assert result.code == 6
    assert result.error["code"] in {"database_damaged", "database_tool_failed"}
    assert len(emails(userctl)) == 3


def test_a_cut_backup_is_not_restored(userctl: Userctl) -> None:
    userctl.create(ADA)
    backup = write_backup(userctl)
    content = backup.read_bytes()
    for size in (len(content) // 2, 20):
        backup.write_bytes(content[:size])
        assert userctl("db", "restore", "a.backup", "--yes").code == 6
    assert emails(userctl) == [ADA]


def test_what_was_there_before_a_restore_is_kept_beside_it(local: Userctl) -> None:
    local.create(ADA)
    write_backup(local)
    local.create(EVE)
    copy = local("db", "restore", "a.backup", "--yes", "-o", "json").json["backup"]
    assert emails(local) == [ADA]
    assert local("db", "restore", copy, "--yes").code == 0
    assert emails(local) == [ADA, EVE]


def test_a_damaged_database_has_to_be_moved_out_of_the_way(local: Userctl) -> None:
    local.create(ADA)
    write_backup(local)
    database = local.database_file
    database.write_bytes(b"nonsense" * 1000)
    result = local("db", "restore", "a.backup", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_damaged")
    assert "out of the way" in str(result.error["hint"])
    database.rename(database.with_name("damaged"))
    assert local("db", "restore", "a.backup", "--yes").code == 0
    assert emails(local) == [ADA]
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_database_is_not_restored_from_itself_or_from_one_in_use(local: Userctl) -> None:
    local.create(ADA)
    assert local("db", "restore", str(local.database_file), "--yes").code == 2
    other = Userctl(local.home, f"sqlite:///{local.home}/other.db")
    assert other("db", "migrate").code == 0
    with closing(sqlite3.connect(local.home / "other.db")) as connection, connection:
        connection.execute("UPDATE userctl_version SET version_num = version_num")
        connection.commit()
        result = local("db", "restore", "other.db", "--yes", "-o", "json")
        assert (result.code, result.error["code"]) == (2, "invalid_input")
    assert emails(local) == [ADA]


def test_accounts_do_not_give_way_to_something_else(userctl: Userctl, tmp_path: Path) -> None:
    userctl.create(ADA)
    url = userctl.database_url
    assert url is not None
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(tmp_path / "app.dump")) as connection, connection:
            connection.execute("CREATE TABLE users (id INTEGER, nick TEXT)")
    else:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("CREATE TABLE apples (id int)")
        dump = [f"{programs_folder()}/pg_dump", "-Fc", "-t", "apples", f"--dbname={url}",
                f"--file={tmp_path / 'app.dump'}"]  # fmt: skip
        subprocess.run(dump, check=True)
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("DROP TABLE apples")
    result = userctl("db", "restore", str(tmp_path / "app.dump"), "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_input")
    assert emails(userctl) == [ADA]


def test_a_backup_with_other_pages_wants_a_database_out_of_the_way(local: Userctl) -> None:
    local.create(ADA)
    backup = write_backup(local)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("VACUUM")
    result = local("db", "restore", "a.backup", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_input")
    assert "8192" in result.error["message"]
    local.database_file.rename(local.home / "away")
    assert local("db", "restore", "a.backup", "--yes").code == 0
    assert emails(local) == [ADA]


def test_others_who_have_the_database_open_see_all_of_a_restored_one_or_nothing(
    local: Userctl,
) -> None:
    local.create(ADA)
    write_backup(local)
    local.create(EVE)
    with closing(sqlite3.connect(local.database_file, isolation_level=None)) as other:
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM users").fetchone() == (2,)
        assert local("db", "restore", "a.backup", "--yes").code == 0
        assert other.execute("SELECT count(*) FROM users").fetchone() == (2,)
        other.execute("COMMIT")
        assert other.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_a_restore_waits_for_whoever_is_writing(local: Userctl) -> None:
    local.create(ADA)
    write_backup(local)
    with closing(sqlite3.connect(local.database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM users")
        restore = local.start("db", "restore", "a.backup", "--yes", "--verbose")
        assert restore.stderr is not None
        assert b"begins" in restore.stderr.readline()
        other.execute("COMMIT")
        assert restore.wait(60) == 0
        restore.communicate()
    assert emails(local) == [ADA]


@repeat("places", few=5, soak=25)
def test_a_restore_that_is_killed_leaves_the_old_or_the_new(
    local: Userctl, fork_server: "subprocess.Popen[bytes]", places: int
) -> None:
    local.create(ADA)
    write_backup(local)
    local.create(EVE)
    full = write_backup(local, "full.backup")
    seen = set()
    forks = Forks(fork_server, local)
    command = ["db", "restore", "a.backup", "--yes"]
    prepare = partial(local, "db", "restore", str(full), "--yes")
    for _ in forks.kill_at_many_lines(command, COUNTED, prepare, places):
        found = tuple(emails(local))
        seen.add(found)
        assert found in {(ADA,), (ADA, EVE)}
        # Each of the two was restored, so that its last event is about that.
        assert last_tag(local) == "database:restore"
        require_sound(local.database_file)
    assert seen == {(ADA,), (ADA, EVE)}


@pytest.fixture
def large(home: Path, bare_postgres_url: str) -> Userctl:
    """A backup with a table that takes a while, and a user who was created since.

    Whoever inserts into the table waits while others hold the advisory lock 42.
    """
    userctl = Userctl(home, bare_postgres_url)
    assert userctl("db", "migrate").code == 0
    with psycopg.connect(bare_postgres_url, autocommit=True) as server:
        server.execute(
            "CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN true; END'"
        )
        server.execute("CREATE TABLE docs (body text CHECK (gate()))")
        server.execute("INSERT INTO docs SELECT repeat(md5(i::text), 200) "
                       "FROM generate_series(1, 5000) i")  # fmt: skip
        server.execute("SELECT lo_from_bytea(0, 'abc') FROM generate_series(1, 3000)")
    userctl.create(ADA)
    write_backup(userctl)
    userctl.create(EVE)
    return userctl


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, soak_only(signal.SIGTERM), soak_only(signal.SIGINT)]
)
def test_a_restore_that_is_ended_amid_its_rows_changes_nothing(
    large: Userctl, how: signal.Signals
) -> None:
    assert large.database_url is not None
    activity = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND "
    with psycopg.connect(large.database_url, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(42)")
        restore = large.start("db", "restore", "a.backup", "--yes")
        copying = f"{activity} query ILIKE 'COPY%docs%' AND wait_event = 'advisory'"
        wait_until(lambda: bool(server.execute(copying).fetchone()))
        restore.send_signal(how)
        restore.communicate()
        assert restore.returncode in {-how, 128 + how}
        server.execute("SELECT pg_advisory_unlock(42)")
        ours = f"{activity} application_name = 'userctl'"
        wait_until(lambda: not server.execute(ours).fetchone())
        assert server.execute("SELECT count(*) FROM docs").fetchone() == (5000,)
    assert emails(large) == [ADA, EVE]


def test_a_restore_with_large_objects_ends(large: Userctl) -> None:
    assert large("db", "restore", "a.backup", "--yes").code == 0
    assert emails(large) == [ADA]


def test_a_restore_waits_for_a_lock_only_so_long(
    large: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_programs, "_LOCK_TIMEOUT", b"SET lock_timeout = '100ms';")
    assert large.database_url is not None
    with psycopg.connect(large.database_url) as server:
        server.execute("SELECT count(*) FROM users")
        result = large("db", "restore", "a.backup", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_tool_failed")
    assert "lock timeout" in result.error["message"]
    assert emails(large) == [ADA, EVE]
