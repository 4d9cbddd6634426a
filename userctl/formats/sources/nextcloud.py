"""Nextcloud and ownCloud: the table ``oc_users``, with the address in a column ``email``."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import SourceOptions, User, first, records, table_rows


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the table."""
    return records(table_rows(text), _user, options)


def _user(row: Any, options: SourceOptions) -> User | None:
    return {
        "email": options.address_of(first(row, "email", "configvalue"), first(row, "uid")),
        "name": first(row, "displayname"),
        "role": options.role_of([role] if (role := first(row, "gid", "role")) else ()),
        "hashed_password": _hash(first(row, "password")),
    }


def _hash(hashed: str | None) -> str | None:
    """Return the hash without the version of Nextcloud's hasher, which stands before it."""
    version, bar, rest = (hashed or "").partition("|")
    return rest if bar and version.isdigit() else hashed
