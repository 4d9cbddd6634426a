"""The file system that a file is stored on."""

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "davfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"),
        *("orangefs", "smb2", "smb3", "smbfs"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the type of the network file system that a file is stored on.

    Args:
        path: The file, which must exist.
        mounts: The kernel's list of mounts (proc(5), mountinfo).

    Returns:
        None for a local file system, and where the system has no such list.
    """
    try:
        text = mounts.read_text(errors="replace")
    except OSError:
        return None
    file, found = str(path.resolve()), ("", "")
    for line in text.splitlines():
        place, _, rest = line.partition(" - ")
        point, kind = _unescape(place.split()[4]), rest.split()[0]
        inside = file == point or file.startswith(point.rstrip("/") + "/")
        # A later mount over the same folder hides the earlier one.
        if inside and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1] if found[1] in _NETWORK_FILE_SYSTEMS else None


def _unescape(point: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        point = point.replace(code, character)
    return point
