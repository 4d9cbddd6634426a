"""Files that hold a secret."""

import os
from pathlib import Path

import pytest

from userctl.core.errors import InputOutputFailed, UnsafeFile
from userctl.core.secure_files import create_private_folder, read_private, write_private


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secret"


def test_a_file_is_written_for_its_owner_alone_and_leaves_no_temporary_file(file: Path) -> None:
    assert write_private(file, "one")
    assert write_private(file, "two")
    assert read_private(file) == "two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [*file.parent.iterdir()] == [file]


def test_a_file_that_is_there_stays_if_it_shall_not_give_way(file: Path) -> None:
    write_private(file, "one")
    assert not write_private(file, "two", replace=False)
    assert read_private(file) == "one"
    assert [*file.parent.iterdir()] == [file]


def test_a_missing_file_is_no_error(file: Path) -> None:
    assert read_private(file) is None


def test_a_link_is_not_followed_by_reading_nor_by_writing(file: Path) -> None:
    target = file.with_name("target")
    write_private(target, "theirs")
    file.symlink_to(target)
    with pytest.raises(UnsafeFile, match="symbolic link"):
        read_private(file)
    write_private(file, "ours")
    assert read_private(target) == "theirs"
    assert not file.is_symlink()


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o601])
def test_a_file_open_to_others_is_refused(file: Path, mode: int) -> None:
    write_private(file, "secret")
    file.chmod(mode)
    with pytest.raises(UnsafeFile, match="others"):
        read_private(file)


def test_a_file_of_another_user_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_private(file, "secret")
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(UnsafeFile, match="another user"):
        read_private(file)


def test_a_fifo_is_refused_without_waiting_for_it(file: Path) -> None:
    os.mkfifo(file, 0o600)
    with pytest.raises(UnsafeFile, match="regular"):
        read_private(file)


@pytest.mark.parametrize("content", [b"\xff", b"x" * 70_000])
def test_a_file_that_holds_something_else_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(UnsafeFile):
        read_private(file)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFile):
        read_private(tmp_path)


def test_a_path_through_a_file_cannot_be_read_or_written(file: Path) -> None:
    file.touch()
    for attempt in (read_private, create_private_folder, lambda path: write_private(path, "x")):
        with pytest.raises(InputOutputFailed, match="secret/below"):
            attempt(file / "below")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(UnsafeFile, match="written by others"):
        create_private_folder(folder)


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(UnsafeFile, match="another user"):
        create_private_folder(tmp_path)
