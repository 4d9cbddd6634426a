"""Airflow: ``airflow users export``, which has no hashes."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import json_rows
from userctl.formats.sources.values import first, full_name

rows = json_rows


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    options.lost["passwords, which Airflow does not export"] += 1
    return {
        "email": options.address_of(first(value, "email"), first(value, "username")),
        "name": full_name(value.get("firstname"), value.get("lastname")),
        "role": options.role_of(value.get("roles")),
    }
