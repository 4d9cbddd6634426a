"""Airflow: ``airflow users export``, which has no hashes."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import SourceOptions, User, first, full_name, json_rows, records


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of Airflow."""
    return records(json_rows(text), _user, options)


def _user(value: Any, options: SourceOptions) -> User | None:
    options.lost["passwords, which Airflow does not export"] += 1
    return {
        "email": options.address_of(first(value, "email"), first(value, "username")),
        "name": full_name(value.get("firstname"), value.get("lastname")),
        "role": options.role_of(value.get("roles")),
    }
