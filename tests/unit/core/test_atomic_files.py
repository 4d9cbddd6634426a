"""Files that are written through one descriptor, whatever others do to their names."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from userctl.core.atomic_files import (
    TEMPORARY_SUFFIX,
    atomic_file,
    remove_temporary_files,
    temporary_prefix,
    write_atomic,
)
from userctl.core.errors import UnsafeFile
from userctl.core.folders import replacement_risk
from userctl.core.secure_files import write_private

OTHER = 54_321
"""The id of another user or group."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shared" / "users.jsonl"


@pytest.fixture(autouse=True)
def folder(file: Path) -> Path:
    file.parent.mkdir(0o700)
    return file.parent


def draft_of(file: Path) -> Path:
    """Return the temporary file of a write under way."""
    [draft] = file.parent.glob(f"{temporary_prefix(file)}*")
    return draft


def swapping(file: Path, swap: Callable[[Path], object]) -> Iterator[str]:
    """Yield a secret, and let another user act on the temporary file in between."""
    yield "one"
    draft = draft_of(file)
    draft.unlink()
    swap(draft)
    yield "two"


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "file", "folder"])
@pytest.mark.parametrize("private", [True, False])
def test_a_temporary_file_that_another_user_swaps_is_neither_written_nor_moved(
    file: Path, kind: str, private: bool
) -> None:
    victim = file.with_name("victim")
    victim.write_text("theirs")
    victim.chmod(0o600)
    swap = {
        "symbolic link": lambda draft: draft.symlink_to(victim),
        "hard link": lambda draft: draft.hardlink_to(victim),
        "file": lambda draft: draft.write_text("forged"),
        "folder": lambda draft: draft.mkdir(),
    }[kind]
    with pytest.raises(UnsafeFile, match="replaced the temporary file"):
        write_atomic(file, swapping(file, swap), replace=True, private=private)
    assert victim.read_text() == "theirs"
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600
    assert [path for path in file.parent.iterdir() if not path.is_dir()] == [victim]


def test_a_folder_that_is_swapped_during_a_write_gets_nothing(file: Path) -> None:
    away = file.parent.with_name("away")

    def pieces() -> Iterator[str]:
        yield "one"
        file.parent.rename(away)
        file.parent.mkdir()

    write_atomic(file, pieces(), replace=True, private=True)
    assert [*file.parent.iterdir()] == []
    assert (away / file.name).read_text() == "one"


def test_the_mode_is_that_of_the_umask_or_private(file: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(file, ["x"], replace=True, private=False)
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        write_atomic(file, ["x"], replace=True, private=True)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def folder_status(mode: int, uid: int, gid: int) -> os.stat_result:
    return os.stat_result((stat.S_IFDIR | mode, 1, 1, 2, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "reason"),
    [
        (0o755, os.geteuid(), OTHER, None),
        (0o755, 0, OTHER, None),
        (0o1777, 0, 0, None),
        (0o755, OTHER, os.getegid(), "belongs to uid 54321"),
        (0o1777, OTHER, os.getegid(), "belongs to uid 54321"),
        (0o777, os.geteuid(), os.getegid(), "everyone can write"),
        (0o775, os.geteuid(), OTHER, "the group 54321 can write"),
        (0o775, 0, OTHER, "the group 54321 can write"),
    ],
)
def test_a_folder_is_safe_if_only_we_and_root_can_replace_what_is_in_it(
    mode: int, uid: int, gid: int, reason: str | None
) -> None:
    found = replacement_risk(folder_status(mode, uid, gid))
    assert found == reason if reason is None else reason in str(found)


def test_a_secret_is_not_written_where_others_could_replace_it(file: Path) -> None:
    file.parent.chmod(0o777)
    with pytest.raises(UnsafeFile, match="not a safe place"):
        write_private(file, "secret")
    assert [*file.parent.iterdir()] == []


def test_what_opens_files_by_name_gets_one_that_others_cannot_replace(file: Path) -> None:
    file.parent.chmod(0o777)
    with atomic_file(file, replace=False) as temporary:
        assert replacement_risk(temporary.parent.stat()) is None
        temporary.write_text("whole")
        assert draft_of(file).read_text() == ""
    assert file.read_text() == "whole"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [*file.parent.iterdir()] == [file]
    assert not temporary.parent.exists()


def test_what_is_not_ours_is_no_leftover(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, draft = (
        file.with_name(f"{temporary_prefix(file)}{name}{TEMPORARY_SUFFIX}") for name in "ab"
    )
    draft.touch()
    link.symlink_to(draft)
    with monkeypatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: OTHER)
        remove_temporary_files(file, before=2**40)
    assert sorted(file.parent.iterdir()) == [link, draft]
    remove_temporary_files(file, before=2**40)
    assert [*file.parent.iterdir()] == [link]
