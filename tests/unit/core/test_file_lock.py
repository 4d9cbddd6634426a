"""The lock on a file that one process at a time changes."""

from pathlib import Path

import pytest

from userctl.core.atomic_files import TEMPORARY_SUFFIX, temporary_prefix
from userctl.core.errors import InputOutputFailed
from userctl.core.file_lock import lock_file
from userctl.core.secure_files import write_private


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
