"""On which file system a file lies."""

from pathlib import Path

import pytest

from userctl.core.mounts import find_mount, locks_work, network_file_system

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / {folder}/nfs rw - nfs4 server:/export rw
31 22 0:41 / {folder}/with\040space rw shared:7 master:1 - cifs //server/share rw
32 30 254:1 / {folder}/nfs/local rw - xfs /dev/vdb rw
33 22 0:42 / {folder}/hidden rw - nfs server:/a rw
34 22 254:2 / {folder}/hidden rw - ext4 /dev/vdc rw
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("x", None),
        ("nfs/x", "nfs4"),
        ("nfs-not/x", None),
        ("with space/x", "cifs"),
        ("nfs/local/x", None),
        ("hidden/x", None),
    ],
)
def test_the_mount_that_is_nearest_to_a_file_counts(
    tmp_path: Path, place: str, kind: str | None
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.lstrip().format(folder=tmp_path))
    found = network_file_system(tmp_path / place, mounts)
    assert (found and found.kind) == kind


def test_a_mount_says_what_is_mounted_where(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.lstrip().format(folder=tmp_path))
    found = find_mount(tmp_path / "with space" / "x", mounts)
    assert str(found) == f"cifs, //server/share at {tmp_path}/with space"


def test_files_in_this_folder_can_be_locked(tmp_path: Path) -> None:
    assert locks_work(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_does_not_tell_nothing_is_assumed(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "missing") is None


def test_this_folder_is_on_no_network(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None
