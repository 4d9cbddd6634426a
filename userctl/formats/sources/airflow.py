"""Airflow: ``airflow users export`` or ``airflow users list -o json``, which have no hashes."""

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
        "name": full_name(
            first(value, "firstname", "first_name"), first(value, "lastname", "last_name")
        ),
        "role": options.role_of(value.get("roles")),
    }
