"""The files that ``userctl doctor`` looks at, and what it corrects."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.integration.doctor.conftest import ADA, findings, statuses
from tests.support.applications import open_connection
from tests.support.cli import SECRET_KEY, Userctl
from userctl.core.secure_files import write_private


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


def test_a_hostile_name_of_a_file_colours_nothing(home: Path) -> None:
    userctl = Userctl(home, f"sqlite:///{home}/a\u009b31m.db")
    result = userctl("doctor")
    assert "\u009b" not in result.out


def test_a_fix_says_what_it_changed(local: Userctl) -> None:
    database = local.database_file
    database.chmod(0o666)
    old = local.home / ".keyring-x.draft"
    with open_connection(f"sqlite:///{database}") as connection:
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
