"""Airflow: ``airflow users export`` or ``airflow users list -o json``, which have no hashes."""

from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import json_rows
from userctl.formats.sources.values import full_name, pick

rows = json_rows


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    options.losses["passwords, which Airflow does not export"] += 1
    return {
        "email": options.address_of(pick(value, "email"), pick(value, "username")),
        "name": full_name(
            pick(value, "firstname", "first_name"),
            pick(value, "lastname", "last_name"),
        ),
        "role": options.role_of(value.get("roles")),
    }
