"""The locks on files that one process at a time changes or works on."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from tests.support.other_users import OTHER, drop_privileges
from userctl.core import file_lock
from userctl.core.atomic_files import TEMPORARY_SUFFIX, temporary_prefix
from userctl.core.errors import DatabaseBusy, InputOutputFailed, UnsafeFile
from userctl.core.file_lock import lock_file, try_file_lock
from userctl.core.secure_files import write_private


@pytest.fixture
def database(socket_folder: Path) -> Path:
    """A file of an unprivileged user, in a folder of theirs."""
    file = socket_folder / "users.db"
    file.touch(0o600)
    if os.geteuid() == 0:
        for path in (socket_folder, file):
            os.chown(path, OTHER, OTHER)
    return file


def left_behind(database: Path) -> Path:
    """Leave a lock file behind that the unprivileged user cannot open."""
    lock = database.with_name("users.db.purge.lock")
    lock.touch()
    lock.chmod(0o600 if os.geteuid() == 0 else 0)
    return lock


@pytest.mark.parametrize("name", ["session.json", "a[b]*.keys"])
def test_what_a_killed_writer_left_behind_is_removed(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    write_private(file, "kept")
    (tmp_path / f"{temporary_prefix(file)}x1{TEMPORARY_SUFFIX}").write_text("secret")
    (tmp_path / ".session-prod.json-x2.draft").write_text("not ours")
    with lock_file(file):
        names = {path.name for path in tmp_path.iterdir()}
    assert names == {name, f"{name}.lock", ".session-prod.json-x2.draft"}
    assert file.read_text() == "kept"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file" / "session.json"
    (tmp_path / "file").touch()
    with pytest.raises(InputOutputFailed, match="session"), lock_file(file):
        raise AssertionError


@pytest.mark.parametrize(("mode", "expected"), [(0o600, 0o600), (0o660, 0o660), (0o666, 0o660)])
def test_who_may_change_a_file_may_lock_it_whoever_made_the_lock(
    tmp_path: Path, mode: int, expected: int
) -> None:
    file, lock = tmp_path / "users.db", tmp_path / "users.db.purge.lock"
    file.touch()
    file.chmod(mode)
    with try_file_lock(lock, of=file) as free:
        assert free
    assert stat.S_IMODE(lock.stat().st_mode) == expected


def test_a_lock_that_root_makes_belongs_to_the_owner_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _file, uid, gid: given.append((uid, gid)))
    file = tmp_path / "users.db"
    file.touch()
    for lock in (try_file_lock(tmp_path / "purge.lock", of=file), lock_file(file)):
        with lock:
            pass
    assert given == [(file.stat().st_uid, file.stat().st_gid)] * 2


def test_a_lock_file_that_cannot_be_opened_is_replaced(database: Path) -> None:
    lock = left_behind(database)
    with drop_privileges():
        with try_file_lock(lock, of=database) as free:
            assert free
            with try_file_lock(lock, of=database) as free_too:
                assert not free_too
        with try_file_lock(lock, of=database) as free:
            assert free


def test_a_lock_of_a_secret_that_cannot_be_opened_is_replaced(database: Path) -> None:
    left_behind(database).rename(database.with_name("users.db.lock"))
    with drop_privileges(), lock_file(database):
        assert database.exists()


def test_a_lock_file_that_cannot_be_replaced_either_is_named_with_its_owner(
    database: Path,
) -> None:
    lock = left_behind(database)
    if os.geteuid() == 0:
        os.chown(database.parent, 0, 0)
    database.parent.chmod(0o555)
    owner = lock.stat().st_uid
    with drop_privileges(), pytest.raises(InputOutputFailed) as caught:  # noqa: SIM117
        with try_file_lock(lock, of=database):
            raise AssertionError
    database.parent.chmod(0o700)
    assert f"{lock}, which belongs to uid {owner}" in caught.value.message
    assert caught.value.hint == f"Let its owner run: rm '{lock}'"


def test_a_process_that_was_forked_meanwhile_keeps_no_lock(database: Path) -> None:
    lock = database.with_name("users.db.lock")
    end, other_end = os.pipe()
    with try_file_lock(lock, of=database):
        child = os.fork()
        if child == 0:
            os.close(other_end)
            os.read(end, 1)
            os._exit(0)
    with try_file_lock(lock, of=database) as free:
        assert free
    os.close(other_end)
    os.waitpid(child, 0)
    os.close(end)


def test_a_lock_file_that_can_only_be_read_still_locks(database: Path) -> None:
    lock = left_behind(database)
    lock.chmod(0o444)
    with drop_privileges(), try_file_lock(lock, of=database) as free:
        assert free
        with try_file_lock(lock, of=database) as free_too:
            assert not free_too


def test_a_link_in_the_place_of_a_lock_is_refused(database: Path) -> None:
    lock, target = database.with_name("users.db.lock"), database.with_name("target")
    for aim in (target, database):
        lock.symlink_to(aim)
        with pytest.raises(UnsafeFile, match="symbolic link"), lock_file(database):
            raise AssertionError
        lock.unlink()
    assert not target.exists()


def test_a_fifo_in_the_place_of_a_lock_is_refused_without_waiting(database: Path) -> None:
    os.mkfifo(database.with_name("users.db.lock"))
    with pytest.raises(UnsafeFile, match="not a regular file"), lock_file(database):
        raise AssertionError


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK])
def test_where_flock_is_missing_a_file_locks_by_being_there_and_no_warning_is_given(
    database: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(file_lock, "LOCK_TIMEOUT_SECONDS", 0)
    with lock_file(database), pytest.raises(DatabaseBusy), lock_file(database):
        raise AssertionError
    with lock_file(database):
        pass
    lock = database.with_name("purge.lock")
    for _ in range(2):
        with try_file_lock(lock, of=database) as free:
            assert free
            with try_file_lock(lock, of=database) as free_too:
                assert not free_too
