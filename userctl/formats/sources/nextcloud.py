"""Nextcloud and ownCloud: the table ``oc_users``, with the address in a column ``email``."""

import re
from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import is_true, pick, status

rows = table_rows


_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    return {
        "email": options.address_of(pick(row, "email", "configvalue"), pick(row, "uid")),
        "name": pick(row, "displayname"),
        "role": options.role_of(pick(row, "gid", "role")),
        "status": status(disabled=is_true(row.get("enabled")) is False),
        "hashed_password": _hash(pick(row, "password"), options),
    }


def _hash(password_hash: str | None, options: SourceOptions) -> str | None:
    """Return the hash without the version of Nextcloud's hasher, which stands before it.

    One without a version is of an old ownCloud: of the password and ``passwordsalt``, or SHA-1.
    """
    version, bar, bare_hash = (password_hash or "").partition("|")
    if password_hash is None or (bar and version.isdigit()):
        return bare_hash or None
    if _SHA1.fullmatch(password_hash):
        return f"sha1$${password_hash}"
    return f"$pepper${options.secret}{password_hash}" if options.secret else password_hash
