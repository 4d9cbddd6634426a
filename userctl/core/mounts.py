"""On which file system a file lies."""

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_OVER_A_NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "davfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"),
        *("orangefs", "smb2", "smb3", "smbfs"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the kind of file system a file lies on, if that reaches over a network.

    Args:
        path: the file, which must exist.
        mounts: what the kernel says is mounted (proc(5), mountinfo).

    Returns:
        None for one that is local, and where the system does not tell.
    """
    try:
        text = mounts.read_text(errors="replace")
    except OSError:
        return None
    file, found = str(path.resolve()), ("", "")
    for line in text.splitlines():
        place, _, rest = line.partition(" - ")
        point, kind = _unescaped(place.split()[4]), rest.split()[0]
        inside = file == point or file.startswith(point.rstrip("/") + "/")
        # What was mounted later over the same place hides what was there before.
        if inside and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1] if found[1] in _OVER_A_NETWORK else None


def _unescaped(point: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        point = point.replace(code, character)
    return point
