"""The file beside a session that keeps other processes out."""

from pathlib import Path

import pytest

from userctl.errors import InputOutputFailed
from userctl.security.session_file import SessionFile


@pytest.fixture
def session(tmp_path: Path) -> SessionFile:
    return SessionFile(tmp_path / "session.json")


def test_a_lock_is_open_to_its_owner_alone(session: SessionFile) -> None:
    with session.locked():
        (lock,) = session.path.parent.iterdir()
        assert (lock.name, lock.stat().st_mode & 0o777) == ("session.json.lock", 0o600)


def test_a_lock_that_cannot_be_made_is_named(session: SessionFile) -> None:
    session.path.with_name("session.json.lock").mkdir()
    with pytest.raises(InputOutputFailed, match=r"session\.json"), session.locked():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    session = SessionFile(tmp_path / "state" / "session.json")
    with pytest.raises(InputOutputFailed, match="state"), session.locked():
        pass
