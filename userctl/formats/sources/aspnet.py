"""ASP.NET Core Identity: the table ``AspNetUsers``, as CSV or JSON."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import (
    SourceOptions,
    User,
    first,
    full_name,
    is_true,
    records,
    said,
    status,
    table_rows,
    time_of,
)


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of the table."""
    return records(table_rows(text), _user, options)


def _user(row: Any, options: SourceOptions) -> User | None:
    if is_true(row.get("twofactorenabled")):
        options.lost["second factors"] += 1
    role = first(row, "role", "rolename")
    return {
        "email": options.address_of(first(row, "email"), first(row, "username")),
        "name": first(row, "name", "displayname")
        or full_name(row.get("firstname"), row.get("lastname")),
        "role": options.role_of([role] if role else ()),
        "status": status(disabled=_is_locked(row)),
        "hashed_password": first(row, "passwordhash"),
        "address_verified": said(is_true(row.get("emailconfirmed"))),
    }


def _is_locked(row: Any) -> bool:
    # What locks an account for ever is an end that lies centuries ahead.
    end = first(row, "lockoutend")
    return end is not None and str(time_of(end)) > "2100"
