"""Keys and sessions in files that another user may have planted."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from userctl.config.database_url import DatabaseURL
from userctl.config.settings import Settings
from userctl.core import file_lock
from userctl.core.atomic_files import write_atomic
from userctl.core.errors import DatabaseBusy, InputOutputFailed, UnsafeFile
from userctl.core.secure_files import MAXIMUM_BYTES, read_private, write_private
from userctl.security.jwk import SigningKey
from userctl.security.keys import key_source, signing_keyring
from userctl.security.session_file import SessionFile, StoredSession

KEY = "a key for the tests of at least 32 bytes"
POSTGRES = DatabaseURL.parse("postgresql://localhost/accounts")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
STORED = StoredSession("access", "refresh", "2030-01-01T00:00:00+00:00")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "userctl.db.keys"


def planted(file: Path, kind: str) -> None:
    """Put something in the place of a secret file."""
    if kind == "fifo":
        os.mkfifo(file, 0o600)
    elif kind == "folder":
        file.mkdir(0o700)
    elif kind == "dangling link":
        file.symlink_to(file.with_name("target"))
    else:
        target = file.with_name("target") if "link" in kind else file
        target.write_text(KEY)
        target.chmod(0o644 if "readable" in kind else 0o600)
        if "link" in kind:
            file.symlink_to(target)


OF_OTHERS = ["readable", "fifo", "folder"]
PLANTED = pytest.mark.parametrize("kind", ["link", "dangling link", *OF_OTHERS])


@pytest.mark.parametrize("kind", ["dangling link", "link to readable", *OF_OTHERS])
def test_a_planted_key_file_is_refused(file: Path, kind: str) -> None:
    planted(file, kind)
    with pytest.raises(UnsafeFile):
        key_source(Settings(database_url=POSTGRES, secret_key_file=file)).load()


@pytest.mark.parametrize("kind", ["link to readable", *OF_OTHERS])
def test_a_planted_keyring_is_refused(file: Path, kind: str) -> None:
    planted(file, kind)
    with pytest.raises(UnsafeFile):
        key_source(Settings(database_url=POSTGRES, keyring_file=file)).load()


@PLANTED
def test_a_planted_keyring_beside_the_database_is_refused_and_not_replaced(
    file: Path, kind: str
) -> None:
    planted(file, kind)
    settings = Settings(database_url=DatabaseURL.for_sqlite(file.with_suffix("")))
    before = sorted(file.parent.iterdir())
    with pytest.raises(UnsafeFile):
        signing_keyring(key_source(settings), NOW, notify=print)
    assert sorted(file.parent.iterdir()) == before


@PLANTED
def test_a_planted_session_is_refused(file: Path, kind: str) -> None:
    planted(file, kind)
    with pytest.raises(UnsafeFile):
        SessionFile(file).load()


def test_the_name_of_a_key_is_no_plain_hash_of_it() -> None:
    key = SigningKey.symmetric(KEY.encode())
    assert key.kid not in hashlib.sha256(key.signer).hexdigest()
    assert KEY.encode().hex() not in key.kid


def test_a_new_key_is_another_one_for_each_database(tmp_path: Path) -> None:
    sources = [
        key_source(Settings(database_url=DatabaseURL.for_sqlite(tmp_path / name)))
        for name in ("a.db", "b.db")
    ]
    rings = [signing_keyring(source, NOW, notify=print) for source in sources]
    assert rings[0].keys[0].key.kid != rings[1].keys[0].key.kid


def test_a_secret_may_fill_the_limit_and_no_more(file: Path) -> None:
    write_private(file, "x" * MAXIMUM_BYTES)
    assert read_private(file) == "x" * MAXIMUM_BYTES
    write_private(file, "x" * (MAXIMUM_BYTES + 1))
    with pytest.raises(UnsafeFile):
        read_private(file)


def test_a_write_that_fails_leaves_no_temporary_file(file: Path) -> None:
    def pieces() -> Iterator[str]:
        file.mkdir()
        yield "secret"

    with pytest.raises(InputOutputFailed):
        write_atomic(file, pieces(), replace=True, private=True)
    assert [*file.parent.iterdir()] == [file]


def test_a_lock_keeps_another_thread_out_until_it_is_released(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "LOCK_TIMEOUT_SECONDS", 0)
    held, release = Event(), Event()

    def hold() -> None:
        with SessionFile(file).lock():
            held.set()
            release.wait()

    holder = Thread(target=hold)
    holder.start()
    held.wait()
    try:
        with pytest.raises(DatabaseBusy), SessionFile(file).lock():
            pass
    finally:
        release.set()
        holder.join()
    with SessionFile(file).lock():
        SessionFile(file).save(STORED)
    assert SessionFile(file).load() == STORED


def test_a_lock_is_released_when_its_holder_fails(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), SessionFile(file).lock():
        raise ZeroDivisionError
    with SessionFile(file).lock():
        pass
