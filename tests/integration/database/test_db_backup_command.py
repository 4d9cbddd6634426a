"""``userctl db backup``."""

import os
import re
import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.integration.database.conftest import ADA, emails, names_in, write_backup
from tests.support.cli import Userctl
from tests.support.postgres import programs_folder
from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseDamaged, DiskFull
from userctl.db.postgresql import pg_dump as postgresql_programs
from userctl.db.sqlite.backup import copy_out, require_sound


def test_a_backup_is_for_its_owner_alone_and_replaces_nothing_by_itself(userctl: Userctl) -> None:
    backup = write_backup(userctl)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    before = backup.read_bytes()
    userctl.create(ADA)
    assert userctl("db", "backup", "a.backup").code == 5
    assert backup.read_bytes() == before
    assert userctl("db", "backup", "a.backup", "--force").code == 0
    assert backup.read_bytes() != before
    assert names_in(userctl.home) == ["a.backup"]


def test_a_missing_database_has_no_backup(home: Path) -> None:
    result = Userctl(home, f"sqlite:///{home}/none.db")("db", "backup", "x", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_missing")
    assert names_in(home) == []


def test_a_row_that_refers_to_nothing_is_backed_up_like_others(local: Userctl) -> None:
    with closing(sqlite3.connect(local.database_file)) as connection, connection:
        connection.execute(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) VALUES ('x', 77, '2030-01-01')"
        )
    backup = write_backup(local)
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM refresh_tokens").fetchone() == (1,)


def test_a_backup_replaces_no_file_of_the_installation(local: Userctl) -> None:
    local.keyring = True
    assert local("key", "generate").code == 0
    local.create(ADA)
    database = local.database_file
    link = local.home / "link"
    link.symlink_to(database)
    hard = local.home / "hard"
    hard.hardlink_to(database)
    for file in (database, f"{database}-wal", f"{database}.keys", "keyring", link, hard):
        result = local("db", "backup", str(file), "--force", "-o", "json")
        assert (result.code, result.error["code"]) == (2, "invalid_input"), file
    assert local.login(ADA)["email"] == ADA


def test_what_killed_writers_left_is_gone_after_a_day(userctl: Userctl) -> None:
    # The backup of each day has a name of its own.
    old = [userctl.home / f".{day}.backup-0123456789ab.draft{end}"
           for day in ("a", "monday") for end in ("", "-wal")]  # fmt: skip
    young = userctl.home / ".a.backup-ba9876543210.draft-wal"
    others = [userctl.home / name for name in (".x.draft", "a-0123456789ab.draft")]
    for path in (*old, *others, young):
        path.touch()
        os.utime(path, None if path == young else (0, 0))
    write_backup(userctl)
    assert names_in(userctl.home) == sorted([young.name, "a.backup", *(o.name for o in others)])


@pytest.mark.parametrize("name", ["-v", "--version", "a\udcffb"])
def test_a_backup_may_have_any_name(userctl: Userctl, name: str) -> None:
    userctl.create(ADA)
    assert userctl("db", "backup", "--", name).code == 0
    assert userctl("db", "restore", "--yes", "--", name).code == 0
    assert emails(userctl) == [ADA]


def test_a_copy_is_of_one_moment_however_much_is_written_meanwhile(tmp_path: Path) -> None:
    database = tmp_path / "busy.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE pairs (a INTEGER, b TEXT)")
        writer.execute("BEGIN")
        writer.executemany("INSERT INTO pairs VALUES (?, ?)", [(1, "x" * 3000)] * 20_000)
        writer.execute("COMMIT")
    copy = tmp_path / "copy.db"
    copy.touch()
    with ThreadPoolExecutor(1) as pool:
        copying = pool.submit(copy_out, database, copy)
        written_meanwhile = 0
        with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as writer:
            while not copying.done() or not written_meanwhile:
                # Whatever the moment, the sum is even.
                writer.execute("BEGIN")
                writer.execute("INSERT INTO pairs VALUES (1, 'y')")
                writer.execute("INSERT INTO pairs VALUES (1, 'y')")
                writer.execute("COMMIT")
                written_meanwhile += 1
        copying.result()
    require_sound(copy)
    with closing(sqlite3.connect(copy)) as connection:
        [(total,)] = connection.execute("SELECT sum(a) FROM pairs")
        assert total >= 20_000
        assert total % 2 == 0
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_migrating_copies_an_sqlite_file_first_and_names_the_copy(local: Userctl) -> None:
    local.create(ADA)
    down = local("db", "downgrade", "0004", "--yes", "-o", "json").json
    assert down["backup"].startswith(f"{local.database_file}.0010-")
    up = local("db", "migrate", "-o", "json").json
    assert up["backup"].startswith(f"{local.database_file}.0004-")
    assert stat.S_IMODE(Path(up["backup"]).stat().st_mode) == 0o600
    assert local("db", "migrate", "-o", "json").json["backup"] is None
    restored = local("db", "restore", up["backup"], "--yes", "-o", "json").json
    assert restored["current"] == "0004"
    assert local("db", "migrate", "--no-backup", "-o", "json").json["backup"] is None
    assert emails(local) == [ADA]


def test_a_password_is_on_no_command_line(home: Path, postgres_url: str) -> None:
    shown = home / "shown"
    programs = home / "bin"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        script = programs / name
        script.write_text(
            f'#!/bin/sh\necho "$0 $@" >> {shown}\nexec {programs_folder()}/{name} "$@"\n'
        )
        script.chmod(0o755)
    userctl = Userctl(home, re.sub("(:[^:@/]*)?@", ":s3cret@", postgres_url, count=1))
    userctl.extra["PATH"] = f"{programs}:/usr/bin:/bin"
    userctl.create(ADA)
    assert userctl("db", "backup", "a.backup").code == 0
    assert userctl("db", "restore", "a.backup", "--yes").code == 0
    lines = shown.read_text()
    assert lines.count("--dbname=") == 2
    assert "s3cret" not in lines


def test_a_secret_that_would_be_seen_is_refused(home: Path, postgres_url: str) -> None:
    url = f"{postgres_url}{'&' if '?' in postgres_url else '?'}sslpassword=s3cret"
    result = Userctl(home, url)("db", "backup", "a.backup", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_configuration")
    assert "s3cret" not in result.err


def test_missing_programs_are_named(home: Path, postgres_url: str) -> None:
    userctl = Userctl(home, postgres_url, extra={"PATH": str(home)})
    result = userctl("db", "backup", "a.backup", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_tool_missing")
    assert names_in(home) == []


def test_what_a_program_complains_about_is_told_in_a_line(home: Path, postgres_url: str) -> None:
    userctl = Userctl(home, postgres_url, program=(sys.executable, "-m", "userctl"))
    userctl.create(ADA)
    write_backup(userctl)
    assert userctl("user", "show", ADA).code == 0
    # Somebody else's table refers to ours, and the backup knows nothing of it.
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (user_id int REFERENCES users)")
        try:
            result = userctl("db", "restore", "a.backup", "--yes", "-o", "json")
            assert (result.code, result.error["code"]) == (6, "database_tool_failed")
            assert "users" in result.error["message"]
            assert result.err.count("\n") == 1
        finally:
            connection.execute("DROP TABLE orders")
    assert emails(userctl) == [ADA]


def test_a_check_names_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(DatabaseDamaged):
        require_sound(path)


def test_a_dump_that_cannot_be_read_is_no_backup(home: Path, postgres_url: str) -> None:
    programs = home / "bin"
    programs.mkdir()
    script = programs / "pg_dump"
    # The last argument but one names the file.
    script.write_text(
        f'#!/bin/sh\n{programs_folder()}/pg_dump "$@" && for a; do case $a in --file=*) '
        'truncate -s 9000 "${a#--file=}";; esac; done\n'
    )
    script.chmod(0o755)
    userctl = Userctl(home, postgres_url)
    userctl.extra["PATH"] = f"{programs}:{userctl.environment['PATH']}"
    userctl.create(ADA)
    result = userctl("db", "backup", "a.backup", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_tool_failed")
    assert names_in(home) == ["bin"]


def test_a_disk_that_is_full_is_no_failure_of_the_database(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs_folder()))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    with pytest.raises(DiskFull, match="No space left on device"):
        postgresql_programs.dump(DatabaseURL.parse(postgres_url), Path("/dev/full"))
