"""Nextcloud and ownCloud: the table ``oc_users``, with the address in a column ``email``."""

import re
from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import (
    SourceOptions,
    User,
    first,
    is_true,
    records,
    status,
    table_rows,
)


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the table."""
    return records(table_rows(text), _user, options)


_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)


def _user(row: Any, options: SourceOptions) -> User | None:
    return {
        "email": options.address_of(first(row, "email", "configvalue"), first(row, "uid")),
        "name": first(row, "displayname"),
        "role": options.role_of([role] if (role := first(row, "gid", "role")) else ()),
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
