"""The meaning of error messages of PostgreSQL's own programs."""

import errno
import os

from userctl.core.errors import DatabaseToolFailed, DiskFull, ReadOnly, UserctlError
from userctl.core.text import escape_invisible

_BY_ERRNO: dict[int, type[UserctlError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: ReadOnly,
}


def describe_failure(program: str, output: bytes) -> UserctlError:
    """Return the typed error for what a program wrote in English before it failed."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    candidates = (
        [line for line in lines if "error:" in line.lower()] or lines or ["no error message"]
    )
    complaint = escape_invisible(candidates[0].removeprefix(f"{program}: "))[:300]
    reasons = (kind for code, kind in _BY_ERRNO.items() if complaint.endswith(os.strerror(code)))
    kind = next(reasons, DatabaseToolFailed)
    hint = "Nothing was changed."
    if "startup parameter" in complaint:
        hint += " Use the URL of the server itself, not of PgBouncer."
    return kind(f"{program} failed ({complaint}).", hint=hint)
