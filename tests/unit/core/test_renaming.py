"""New files on file systems with and without hard links."""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier

import pytest

from userctl.core import renaming
from userctl.core.folders import open_folder
from userctl.core.renaming import rename_unless_exists


@pytest.fixture(params=["links", "renameat2", "neither"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """A folder on a file system with hard links, with renameat2 alone, or with neither."""

    def refuse(*_args: object, **_options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param != "links":
        monkeypatch.setattr(os, "link", refuse)
    if request.param == "neither":
        monkeypatch.setattr(renaming, "_call_renameat2", refuse)
    with open_folder(tmp_path) as folder:
        yield folder


def test_a_free_name_is_taken(folder: int, tmp_path: Path) -> None:
    (tmp_path / "draft").write_text("new")
    rename_unless_exists(folder, "draft", "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize("kind", ["file", "dangling link", "folder"])
def test_a_taken_name_stays(folder: int, tmp_path: Path, kind: str) -> None:
    taken = tmp_path / "file"
    {
        "file": lambda: taken.write_text("old"),
        "dangling link": lambda: taken.symlink_to("nothing"),
        "folder": taken.mkdir,
    }[kind]()
    before = taken.lstat().st_ino
    (tmp_path / "draft").write_text("new")
    with pytest.raises(FileExistsError):
        rename_unless_exists(folder, "draft", "file")
    assert taken.lstat().st_ino == before
    assert (tmp_path / "draft").read_text() == "new"
    assert not (tmp_path / "nothing").exists()


def test_of_several_that_take_a_name_at_once_one_succeeds(folder: int, tmp_path: Path) -> None:
    for turn in range(20):
        barrier = Barrier(4)

        def take(name: str, turn: int = turn, barrier: Barrier = barrier) -> str | None:
            (tmp_path / name).write_text(name)
            barrier.wait(timeout=30)
            with suppress(FileExistsError):
                rename_unless_exists(folder, name, f"file{turn}")
                return name
            return None

        with ThreadPoolExecutor(4) as pool:
            [winner] = filter(None, pool.map(take, "abcd"))
        assert (tmp_path / f"file{turn}").read_text() == winner
