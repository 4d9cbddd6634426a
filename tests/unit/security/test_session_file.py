"""The stored session."""

import json
from pathlib import Path

import pytest

from userctl.core import file_lock
from userctl.core.errors import DatabaseBusy, InputOutputFailed, UnsafeFile
from userctl.security.session_file import SessionFile, StoredSession

STORED = StoredSession("access", "refresh", "2030-01-01T00:00:00+00:00")


@pytest.fixture
def file(tmp_path: Path) -> SessionFile:
    return SessionFile(tmp_path / "state" / "session.json")


def test_a_session_comes_back_as_it_was_saved(file: SessionFile) -> None:
    with file.lock():
        file.save(STORED)
    assert file.load() == STORED
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


def test_no_session_is_no_error(file: SessionFile) -> None:
    assert file.load() is None
    file.remove()


def test_a_removed_session_is_gone(file: SessionFile) -> None:
    with file.lock():
        file.save(STORED)
        file.remove()
    assert file.load() is None


def test_tokens_are_not_in_the_text_of_a_session() -> None:
    assert "access'" not in repr(STORED)
    assert "refresh'" not in repr(STORED)


GOOD = {"access_token": "a", "refresh_token": "r", "expires_at": STORED.expires_at}


@pytest.mark.parametrize(
    "content",
    [
        "", "x", "[]", "{}", "null", "[" * 50_000,
        json.dumps(GOOD | {"extra": "x"}), json.dumps(GOOD | {"access_token": 1}),
        json.dumps(GOOD | {"expires_at": "soon"}), json.dumps(GOOD | {"expires_at": "2030-01-01"}),
        json.dumps(GOOD | {"expires_at": "0001-01-01T00:00:00+14:00"}),
    ],
)  # fmt: skip
def test_what_is_no_session_is_refused_and_says_what_to_do(file: SessionFile, content: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content)
    file.path.chmod(0o600)
    with pytest.raises(UnsafeFile) as caught:
        file.load()
    assert "userctl login" in str(caught.value.hint)


def test_a_holder_that_never_ends_is_reported(
    file: SessionFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "LOCK_TIMEOUT_SECONDS", 0)
    with file.lock(), pytest.raises(DatabaseBusy), SessionFile(file.path).lock():
        pass


@pytest.fixture
def session(tmp_path: Path) -> SessionFile:
    return SessionFile(tmp_path / "session.json")


def test_a_lock_is_open_to_its_owner_alone(session: SessionFile) -> None:
    with session.lock():
        (lock,) = session.path.parent.iterdir()
        assert (lock.name, lock.stat().st_mode & 0o777) == ("session.json.lock", 0o600)


def test_a_lock_that_cannot_be_made_is_named(session: SessionFile) -> None:
    session.path.with_name("session.json.lock").mkdir()
    with pytest.raises(InputOutputFailed, match=r"session\.json"), session.lock():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    session = SessionFile(tmp_path / "state" / "session.json")
    with pytest.raises(InputOutputFailed, match="state"), session.lock():
        pass
