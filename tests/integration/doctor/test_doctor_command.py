"""``userctl doctor``: what it finds, and what it corrects."""

import json
import os
import stat
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.applications import connected
from tests.support.cli import SECRET_KEY, Userctl
from userctl.core import mounts as file_system
from userctl.core.secure_files import write_private
from userctl.schemas.page import LARGEST_ID
from userctl.services.doctor import configuration
from userctl.services.doctor.database import judge_version

ADA = "ada@example.com"


def findings(userctl: Userctl, *options: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Return what each check found, of several findings the last."""
    result = userctl("doctor", "-o", "jsonl", *options)
    assert result.code == code, result.out
    assert result.err == "" or "--fix" in options
    return {found["check"]: found for found in map(json.loads, result.out.splitlines())}


def statuses(userctl: Userctl, *options: str, code: int = 0) -> dict[str, str]:
    """Return how each check ended."""
    return {name: f["status"] for name, f in findings(userctl, *options, code=code).items()}


def changed(userctl: Userctl) -> AbstractContextManager[Any]:
    """Return a connection by which another program changes the database."""
    assert userctl.database_url is not None
    return connected(userctl.database_url)


@pytest.fixture
def healthy(userctl: Userctl) -> Userctl:
    userctl.create(ADA, "--role", "admin")
    if userctl.database_url is not None and userctl.database_url.startswith("sqlite"):
        userctl.database_file.chmod(0o600)
    return userctl


def test_a_collector_that_nothing_can_send_to_is_told(
    local: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "find_spec", lambda _: None)
    assert findings(local)["traces"]["status"] == "ok"
    monkeypatch.setattr(configuration, "wants_trace", lambda _: True)
    found = findings(local)["traces"]
    assert found["status"] == "warning"
    assert "extra otel" in found["message"]


def test_where_all_is_well_every_check_says_so(healthy: Userctl) -> None:
    found = statuses(healthy)
    # The server of the tests knows no other role than its superuser.
    assert found.pop("role", "warning") == "warning"
    assert set(found.values()) == {"ok"}
    assert {"files", "leftovers", "signing_key", "connection", "schema", "integrity", "clock",
            "expired_tokens", "passwords", "admins", "roles",
            "audit_trail"} <= set(found)  # fmt: skip


def test_each_trouble_says_what_to_do(local: Userctl) -> None:
    local.database_file.chmod(0o666)
    found = findings(local, code=6)
    for finding in found.values():
        assert (finding["advice"] is None) == (finding["status"] == "ok")


def test_a_missing_database_fails_and_is_not_created(home: Path) -> None:
    userctl = Userctl(home, f"sqlite:///{home}/none.db")
    found = findings(userctl, code=6)
    assert found["connection"]["message"] == f"There is no database at {home}/none.db."
    assert "schema" not in found
    # How the run ended is recorded.
    assert {path.suffix for path in home.rglob("*") if path.is_file()} == {".json"}


def test_without_any_configuration_nothing_is_created(embedded: Userctl) -> None:
    assert statuses(embedded, code=6)["connection"] == "failure"
    assert list(embedded.home.rglob("*.db*")) == []


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


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666])
def test_a_database_that_everybody_can_read_fails_until_it_is_fixed(
    local: Userctl, mode: int
) -> None:
    database = local.database_file
    database.chmod(mode)
    assert statuses(local, code=6)["files"] == "failure"
    assert stat.S_IMODE(database.stat().st_mode) == mode
    fixed = findings(local, "--fix")["files"]
    assert (fixed["status"], fixed["fixed"]) == ("ok", True)
    assert stat.S_IMODE(database.stat().st_mode) == mode & 0o770
    assert findings(local)["files"]["fixed"] is False


def test_a_group_may_share_a_database_and_no_key(local: Userctl) -> None:
    local.database_file.chmod(0o660)
    assert statuses(local)["files"] == "ok"
    local.keyring = True
    assert local("key", "generate").code == 0
    (local.home / "keyring").chmod(0o640)
    found = findings(local, code=6)
    assert found["files"]["status"] == "failure"
    assert found["signing_key"]["status"] == "failure"
    assert set(statuses(local, "--fix").values()) <= {"ok", "warning"}
    assert stat.S_IMODE((local.home / "keyring").stat().st_mode) == 0o600


def test_a_folder_in_which_everybody_can_change_files_fails(local: Userctl) -> None:
    folder = local.database_file.parent
    before = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(0o777)
    assert statuses(local, code=6)["files"] == "failure"
    folder.chmod(0o1777)
    assert statuses(local)["files"] == "ok"
    folder.chmod(before)


def test_what_a_killed_writer_left_is_removed_once_it_is_old(local: Userctl) -> None:
    database = local.database_file
    draft = database.with_name(f".{database.name}-abcd.draft")
    backup = database.with_name(f".{database.name}-20261125")
    backup.touch()
    os.utime(backup, (0, 0))
    draft.touch()
    assert statuses(local)["leftovers"] == "ok"
    os.utime(draft, (0, 0))
    assert statuses(local)["leftovers"] == "warning"
    assert findings(local, "--fix")["leftovers"]["fixed"]
    assert not draft.exists()
    assert backup.exists()


def linked(file: Path) -> Path:
    """Move a file away, leave a link to it, and let everyone read it."""
    target = file.with_name(f"{file.name}.target")
    file.rename(target)
    file.symlink_to(target)
    target.chmod(0o666)
    return target


@pytest.mark.parametrize("name", ["userctl.db", "config.toml", "secret.key"])
def test_a_fix_changes_nothing_through_a_link(local: Userctl, name: str) -> None:
    assert local("config", "init").code == 0
    files = {
        "userctl.db": local.database_file,
        "config.toml": Path(local("config", "path").out.strip()),
        "secret.key": local.home / "secret.key",
    }
    write_private(files["secret.key"], SECRET_KEY)
    bare = Userctl(local.home, None, extra={"USERCTL_DATABASE_URL": str(local.database_url)})
    bare.extra["USERCTL_SECRET_KEY_FILE"] = str(files["secret.key"])
    target = linked(files[name])
    result = bare("doctor", "--fix", "-o", "jsonl")
    [found] = [f for f in map(json.loads, result.out.splitlines()) if f["check"] == "files"]
    assert (found["status"], found["fixed"]) == ("failure", False)
    assert str(target) in found["advice"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o666


def test_a_fix_changes_nothing_in_the_place_of_a_session(local: Userctl) -> None:
    local.create(ADA)
    local.login(ADA)
    target = linked(local.session_file)
    found = findings(local, "--fix", code=6)["files"]
    assert found["message"] == f"{local.session_file} is a symbolic link."
    assert stat.S_IMODE(target.stat().st_mode) == 0o666


def test_a_fix_changes_no_folder_through_a_link(local: Userctl) -> None:
    target = local.home / "target"
    target.mkdir()
    target.chmod(0o777)
    config = local.home / ".config/userctl"
    config.parent.mkdir()
    config.symlink_to(target)
    assert local("config", "init").code != 0
    (target / "config.toml").touch(0o600)
    assert findings(local, "--fix", code=6)["files"]["status"] == "failure"
    assert stat.S_IMODE(target.stat().st_mode) == 0o777


def test_a_fix_leaves_the_files_of_others_alone(
    local: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = local.database_file
    database.chmod(0o666)
    draft = database.with_name(f".{database.name}-abcd.draft")
    draft.touch()
    os.utime(draft, (0, 0))
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    result = local("doctor", "--fix", "-o", "jsonl")
    found = list(map(json.loads, result.out.splitlines()))
    assert f"uid {draft.stat().st_uid}, remove it" in str([f["advice"] for f in found])
    assert stat.S_IMODE(database.stat().st_mode) == 0o666
    assert not any(f["fixed"] for f in found if f["check"] in {"files", "leftovers"})


def test_a_link_among_the_leftovers_is_none(local: Userctl) -> None:
    target = local.home / "target"
    target.touch()
    os.utime(target, (0, 0))
    local.database_file.with_name(f".{local.database_file.name}-x.draft").symlink_to(target)
    assert statuses(local, "--fix")["leftovers"] == "ok"
    assert target.exists()


def test_a_mounted_key_is_well_and_a_keyring_where_others_write_is_not(local: Userctl) -> None:
    (local.home / "..data").mkdir()
    write_private(local.home / "..data/key", SECRET_KEY)
    (local.home / "key").symlink_to("..data/key")
    local.extra = {"USERCTL_SECRET_KEY_FILE": str(local.home / "key")}
    bare = Userctl(local.home, None, extra={"USERCTL_DATABASE_URL": str(local.database_url)})
    bare.extra |= local.extra
    assert statuses(bare)["files"] == "ok"
    (local.home / "..data").chmod(0o1777)
    assert statuses(bare)["files"] == "ok"
    (local.home / "..data").chmod(0o777)
    found = findings(bare)["files"]
    assert found["status"] == "warning"
    assert "not a safe place for key: everyone can write in it" in found["message"]


def test_a_secret_of_somebody_else_fails_and_a_database_is_a_warning(
    local: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.keyring = True
    assert local("key", "generate").code == 0
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    result = local("doctor", "-o", "jsonl")
    found = [f for f in map(json.loads, result.out.splitlines()) if f["check"] == "files"]
    told = {Path(f["message"].partition(" belongs")[0]).name: f["status"] for f in found}
    assert told["keyring"] == "failure"
    if os.getuid():
        assert told[local.database_file.name] == "warning"


def test_another_journal_mode_is_a_warning_until_it_is_fixed(local: Userctl) -> None:
    with changed(local) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    assert statuses(local)["journal"] == "warning"
    assert findings(local, "--fix")["journal"]["fixed"]
    with changed(local) as connection:
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


def test_no_key_is_a_warning_and_a_weak_one_fails(userctl: Userctl, postgres_url: str) -> None:
    weak = userctl.home / "weak"
    write_private(weak, "short")
    bare = Userctl(userctl.home, None, extra={"USERCTL_SECRET_KEY_FILE": str(weak)})
    assert statuses(bare, code=6)["signing_key"] == "failure"
    bare = Userctl(userctl.home, None, extra={"USERCTL_DATABASE_URL": postgres_url})
    found = findings(bare)["signing_key"]
    assert found["status"] == "warning"
    assert "USERCTL_SECRET_KEY" in found["advice"]


def test_an_old_key_is_a_warning(local: Userctl) -> None:
    local.keyring = True
    assert local("key", "generate").code == 0
    assert statuses(local)["signing_key"] == "ok"
    keyring = local.home / "keyring"
    year = datetime.now(UTC).year
    keyring.write_text(keyring.read_text().replace(f'"{year}-', f'"{year - 2}-'))
    found = findings(local)["signing_key"]
    assert found["status"] == "warning"
    assert found["advice"] == "Run 'userctl key rotate'."


def test_an_event_out_of_its_place_fails(healthy: Userctl) -> None:
    with changed(healthy) as connection:
        connection.execute(
            "INSERT INTO audit_events (id, time, tag, actor, machine, detail, hash) "
            f"SELECT {LARGEST_ID}, time, tag, actor, machine, detail, hash FROM audit_events"
        )
    found = findings(healthy, code=6)["audit_trail"]
    assert found["status"] == "failure"
    assert (
        found["message"]
        == f"Event 2 of the audit trail is missing (the last event is {LARGEST_ID})."
    )
    assert healthy("user", "create", "eve@example.com", "--no-password").code == 0
    assert findings(healthy, code=6)["audit_trail"]["message"].startswith("Event 3 ")


def test_a_clock_that_is_behind_fails(healthy: Userctl) -> None:
    with changed(healthy) as connection:
        connection.execute("UPDATE users SET created_at = '2199-01-01 00:00:00'")
    found = findings(healthy, code=6)["clock"]
    assert found["status"] == "failure"
    assert "behind 2199-01-01" in found["message"]


def test_a_clock_far_ahead_of_everything_is_a_warning(healthy: Userctl) -> None:
    with changed(healthy) as connection:
        connection.execute(
            "INSERT INTO refresh_tokens (token, user_id, created_at, expires_at) "
            "VALUES ('x', 1, '2001-01-01 00:00:00', '2001-02-01 00:00:00')"
        )
    assert statuses(healthy)["clock"] == "warning"


def orphan(userctl: Userctl) -> None:
    with changed(userctl) as connection:
        if isinstance(connection, psycopg.Connection):
            connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES ('x', 77, '2199-01-01 00:00:00')"
        )


def test_a_row_that_refers_to_nothing_fails(healthy: Userctl) -> None:
    orphan(healthy)
    found = findings(healthy, code=6)["integrity"]
    assert found["status"] == "failure"
    assert "of refresh_tokens refers to a missing row of users" in found["message"]


def test_a_damaged_page_fails(local: Userctl) -> None:
    for number in range(3):
        local.create(f"u{number}@example.com")
    with changed(local) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_users_role'"
        [(page,)] = connection.execute(query)
    with local.database_file.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    assert statuses(local, code=6)["integrity"] == "failure"


def test_an_index_that_was_never_finished_fails(home: Path, postgres_url: str) -> None:
    userctl = Userctl(home, postgres_url)
    with changed(userctl) as connection:
        set_valid = (
            "UPDATE pg_index SET indisvalid = {} WHERE indexrelid = 'ix_users_role'::regclass"
        )
        connection.execute(set_valid.format("false"))
        try:
            found = findings(userctl, code=6)["integrity"]
        finally:
            connection.execute(set_valid.format("true"))
    assert "the index ix_users_role is invalid" in found["message"]


def test_tokens_that_nobody_purges_are_a_warning(healthy: Userctl) -> None:
    healthy.login(ADA)
    for days, status in ((29, "ok"), (31, "warning")):
        with changed(healthy) as connection:
            ended = datetime.now(UTC) - timedelta(days=days)
            connection.execute(f"UPDATE refresh_tokens SET expires_at = '{ended:%F %T}'")
        assert statuses(healthy)["expired_tokens"] == status
    healthy("token", "purge", "--yes")
    assert statuses(healthy)["expired_tokens"] == "ok"


@pytest.mark.parametrize("deleted", [False, True])
def test_roles_that_are_not_configured_are_named(healthy: Userctl, deleted: bool) -> None:
    healthy.extra["USERCTL_ROLES"] = "user,admin,editor"
    healthy.create("eve@example.com", "--role", "editor")
    if deleted:
        healthy("user", "delete", "eve@example.com", "--yes")
    assert statuses(healthy)["roles"] == "ok"
    del healthy.extra["USERCTL_ROLES"]
    assert "not configured: 'editor'." in findings(healthy)["roles"]["message"]


def test_a_disabled_user_to_whom_another_program_gave_a_password_is_named(
    healthy: Userctl,
) -> None:
    healthy.create("eve@example.com")
    healthy("user", "disable", "eve@example.com")
    assert statuses(healthy)["passwords"] == "ok"
    with changed(healthy) as connection:
        connection.execute(
            "UPDATE users SET hashed_password = (SELECT hashed_password FROM users WHERE id = 1) "
            "WHERE id = 2"
        )
    assert "gave a password: 1 (2)." in findings(healthy)["passwords"]["message"]
    healthy("user", "disable", "eve@example.com")
    assert statuses(healthy)["passwords"] == "ok"


def test_users_left_to_the_application_are_no_problem_and_are_named(healthy: Userctl) -> None:
    healthy.create("eve@example.com")
    with changed(healthy) as connection:
        # As an adoption leaves them out.
        connection.execute(
            "UPDATE users SET disabled_at = created_at, hashed_password = "
            "(SELECT hashed_password FROM users WHERE id = 1) WHERE id = 2"
        )
    found = [f for f in healthy("doctor", "-o", "json").json if f["check"] == "passwords"]
    assert [finding["status"] for finding in found] == ["ok", "ok"]
    assert "Left to the application, and disabled here alone: 1 (2)." in found[0]["message"]


def test_weak_foreign_and_expired_passwords_are_warnings(healthy: Userctl) -> None:
    healthy.extra["USERCTL_PASSWORD_COST"] = "11"
    assert "of a lower cost than password_cost: 1." in findings(healthy)["passwords"]["message"]
    healthy.extra["USERCTL_PASSWORD_COST"] = "10"
    assert healthy("user", "passwd", ADA, "--must-change").code == 0
    assert "at the next login: 1." in findings(healthy)["passwords"]["message"]
    healthy("user", "create", "eve@example.com", "--no-password")
    with changed(healthy) as connection:
        connection.execute(
            "UPDATE users SET must_change_password = false, hashed_password = '$argon2id$v=19$x' "
            "WHERE email <> 'eve@example.com'"
        )
    assert "who cannot log in with it: 1." in findings(healthy)["passwords"]["message"]


def test_a_missing_secret_of_another_system_is_a_failure_that_says_how_many_wait(
    healthy: Userctl,
) -> None:
    healthy.extra["USERCTL_PASSWORD_COST"] = "10"
    hashed = f"$pepper$shop$2b$10${'a' * 21}u{'b' * 31}"
    record = json.dumps({"email": "eve@example.com", "hashed_password": hashed})
    assert healthy("user", "import", "-", "--format", "jsonl", stdin=record).code == 0
    found = json.loads(healthy("doctor", "-o", "json").out)
    about = [each for each in found if each["check"] == "passwords"]
    assert any("another system does it: pepper 1." in each["message"] for each in about)
    [missing] = [each for each in about if each["status"] == "failure"]
    assert "'shop'" in missing["message"]
    secret = healthy.home / "pepper"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    healthy.extra["USERCTL_PASSWORD_SECRETS"] = f"shop={secret}"
    assert healthy("doctor").code == 0


def test_accounts_without_an_active_admin_are_a_warning(userctl: Userctl) -> None:
    if userctl.database_url is not None and userctl.database_url.startswith("sqlite"):
        userctl.database_file.chmod(0o600)
    assert statuses(userctl)["admins"] == "ok"
    userctl.create(ADA)
    assert statuses(userctl)["admins"] == "warning"


def test_an_audit_trail_without_its_guard_fails(home: Path, bare_database_url: str) -> None:
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "migrate").code == 0
    with changed(userctl) as connection:
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


def test_a_hostile_name_of_a_file_colours_nothing(home: Path) -> None:
    userctl = Userctl(home, f"sqlite:///{home}/a\u009b31m.db")
    result = userctl("doctor")
    assert "\u009b" not in result.out


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


def test_no_admin_who_can_log_in_is_a_finding(healthy: Userctl) -> None:
    assert "1 of 1 users are active admins, of whom 1 can" in findings(healthy)["admins"]["message"]
    with changed(healthy) as connection:
        connection.execute("UPDATE users SET hashed_password = 'gone'")
    found = findings(healthy)["admins"]
    assert found["status"] == "warning"
    assert found["message"].startswith("No admin can log in: of 1 active admins (ids 1) none")
    assert found["advice"] == "Set a password: userctl user passwd USER"


@pytest.mark.parametrize("how", ["cut short", "a name in the schema", "a page"])
def test_a_damaged_file_is_a_failure_among_the_other_checks(local: Userctl, how: str) -> None:
    local.create(ADA)
    local("db", "vacuum", "-q")
    database = local.database_file
    content = bytearray(database.read_bytes())
    if how == "cut short":
        del content[len(content) // 2 :]
    elif how == "a page":
        content[4096 : 3 * 4096] = b"\xaa" * 2 * 4096
    else:
        content = content.replace(b"CREATE TABLE users", b"CREATE \xff\xfe\xfdLE users")
    for end in ("-wal", "-shm"):
        database.with_name(f"{database.name}{end}").unlink(missing_ok=True)
    database.write_bytes(content)
    found = findings(local, code=6)
    assert {"configuration", "files", "signing_key", "sqlite_version"} <= set(found)
    failed = [name for name, finding in found.items() if finding["status"] == "failure"]
    assert failed
    assert "signing_key" not in failed
    assert all(found[name]["advice"] for name in failed)
    assert not any("the value named here" in found[name]["advice"] for name in failed)


def configured(userctl: Userctl, text: str) -> None:
    """Write a config file."""
    folder = userctl.home / ".config" / "userctl"
    folder.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    (folder / "config.toml").write_text(text)
    (folder / "config.toml").chmod(0o600)


@pytest.mark.parametrize(
    ("text", "said", "lost"),
    [
        ('output = "table\nsession_days = 3\n', "at line 1", set()),
        ("nonsense\n", "at line 1", set()),
        ("nonsense = 1\n", "'nonsense' (in ", set()),
        ("session_dayz = 3\n", "'session_dayz' (in ", {"clock"}),
        ('session_days = "x"\n', "session_days (from ", {"clock"}),
        ("roles = 3\n", "roles (from ", {"roles"}),
        ('secret_key = "x"\n', "must not be set in a config file", set()),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_failure_among_the_other_checks(
    local: Userctl, text: str, said: str, lost: set[str]
) -> None:
    local.create(ADA, "--role", "admin")
    local.database_file.chmod(0o600)
    configured(local, text)
    found = findings(local, code=6)
    assert said in found["configuration"]["message"]
    assert found["configuration"]["message"].endswith(".")
    assert found["configuration"]["advice"]
    failed = {name for name, finding in found.items() if finding["status"] == "failure"}
    assert failed == {"configuration", *lost}
    assert "audit_trail" in found
    # Everything else goes on to refuse such settings.
    assert local("user", "list").code == 2


@pytest.mark.parametrize(
    "text",
    [
        'databse_url = "sqlite:////nonexistent/x.db"\n',
        'database_url = "mysql://x"\n',
        "database_url = sqlite:///x\n",
        '[profiles.prod\ndatabase_url = "sqlite:////nonexistent/x.db"\n',
    ],
)
def test_no_other_database_is_examined_than_the_one_that_was_meant(
    embedded: Userctl, text: str
) -> None:
    embedded.create(ADA)
    configured(embedded, text)
    found = findings(embedded, code=6)
    assert found["connection"]["status"] == "failure"
    assert found["connection"]["message"].endswith("cannot be read: database_url.")
    assert found["configuration"]["status"] == "failure"
    assert {"files", "sqlite_version"} <= set(found)
    assert "schema" not in found


def test_a_fix_says_what_it_changed(local: Userctl) -> None:
    database = local.database_file
    database.chmod(0o666)
    old = local.home / ".keyring-x.draft"
    with connected(f"sqlite:///{database}") as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    local.keyring = True
    assert local("key", "generate").code == 0
    old.touch()
    os.utime(old, (0, 0))
    lines = local("doctor", "--fix", "--problems", "-o", "jsonl").out.splitlines()
    fixed = {found["check"]: found for found in map(json.loads, lines) if found["fixed"]}
    assert fixed["files"]["message"] == f"Changed the mode of {database} from 0666 to 0660."
    assert fixed["leftovers"]["message"] == f"Removed {old}."
    changed_mode = f"Changed the journal mode of {database} from delete to wal."
    assert fixed["journal"]["message"] == changed_mode
    assert {found["status"] for found in fixed.values()} == {"ok"}
    assert local("doctor", "--fix", "--problems").out == ""
