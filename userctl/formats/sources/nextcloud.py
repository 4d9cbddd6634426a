"""Nextcloud and ownCloud: the table ``oc_users``, with the address in a column ``email``."""

import re
from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import first, is_true, status

rows = table_rows


_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    return {
        "email": options.address_of(first(row, "email", "configvalue"), first(row, "uid")),
        "name": first(row, "displayname"),
        "role": options.role_of(first(row, "gid", "role")),
        "status": status(disabled=is_true(row.get("enabled")) is False),
        "hashed_password": _hash(first(row, "password"), options),
    }


def _hash(hashed: str | None, options: SourceOptions) -> str | None:
    """Return the hash without the version of Nextcloud's hasher, which stands before it.

    One without a version is of an old ownCloud: of the password and ``passwordsalt``, or SHA-1.
    """
    version, bar, rest = (hashed or "").partition("|")
    if hashed is None or (bar and version.isdigit()):
        return rest or None
    if _SHA1.fullmatch(hashed):
        return f"sha1$${hashed}"
    return f"$pepper${options.secret}{hashed}" if options.secret else hashed
