"""The file system that a file is stored on."""

import fcntl
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "davfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"),
        *("orangefs", "smb2", "smb3", "smbfs"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)


class Mount(NamedTuple):
    """A mounted file system: what is mounted, where, and its type."""

    source: str
    point: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}, {self.source} at {self.point}"


def find_mount(path: Path, mounts: Path = _MOUNTS) -> Mount | None:
    """Return the file system that a file is stored on.

    Args:
        path: The file, which must exist.
        mounts: The kernel's list of mounts (proc(5), mountinfo).

    Returns:
        None where the system has no such list.
    """
    try:
        text = mounts.read_text(errors="replace")
    except OSError:
        return None
    file, mount = str(path.resolve()), None
    for line in text.splitlines():
        place, _, rest = line.partition(" - ")
        point, (kind, source) = _unescape(place.split()[4]), rest.split()[:2]
        inside = file == point or file.startswith(point.rstrip("/") + "/")
        # A later mount over the same folder hides the earlier one.
        if inside and (mount is None or len(point) >= len(mount.point)):
            mount = Mount(_unescape(source), point, kind)
    return mount


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> Mount | None:
    """Return the network share that a file is stored on; None for a local file system.

    Args:
        path: The file, which must exist.
        mounts: As for :func:`find_mount`.
    """
    mount = find_mount(path, mounts)
    return mount if mount is not None and mount.kind in _NETWORK_FILE_SYSTEMS else None


def locks_work(folder: Path) -> bool:
    """Tell whether files in a folder can be locked; some network shares refuse that."""
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _unescape(point: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        point = point.replace(code, character)
    return point
