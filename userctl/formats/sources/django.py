"""Django: ``manage.py dumpdata auth.user auth.group``, of custom user models too."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl import schemas
from userctl.formats.sources.common import (
    SourceOptions,
    User,
    first,
    full_name,
    is_true,
    json_rows,
    records,
    said,
    status,
    time_of,
)


def read(text: TextIO, options: SourceOptions) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the users of a dump.

    Groups that are numbers get the names that ``auth.group`` has in the same file, before them.
    """
    groups: dict[object, str] = {}

    def make(value: Any, options: SourceOptions) -> User | None:
        fields, model = value["fields"], str(value["model"])
        if model == "auth.group":
            groups[value.get("pk")] = str(fields["name"])
        return _user(fields, groups, options) if "password" in fields else None

    return records(json_rows(text), make, options)


def _user(fields: dict[str, Any], groups: dict[object, str], options: SourceOptions) -> User:
    roles = [name for name in ("superuser", "staff") if is_true(fields.get(f"is_{name}"))] + [
        _group(group, groups) for group in fields.get("groups") or ()
    ]
    if fields.get("user_permissions"):
        options.lost["permissions of their own"] += 1
    name = first(fields, "username")
    hashed = first(fields, "password")
    email = first(fields, "email", "email_address")
    return {
        "email": options.address_of(email, name),
        "name": full_name(fields.get("first_name"), fields.get("last_name"))
        or first(fields, "name", "full_name"),
        "role": options.role_of(roles),
        "status": status(disabled=is_true(fields.get("is_active")) is False),
        # Django marks a password that cannot be used with an exclamation mark.
        "hashed_password": None if not hashed or hashed.startswith("!") else hashed,
        "created_at": time_of(first(fields, "date_joined", "created_at")),
        "address_verified": said(is_true(fields.get("email_verified"))),
        "former_login_at": time_of(fields.get("last_login")),
    }


def _group(group: Any, groups: dict[object, str]) -> str:
    """Return the name of a group, which is a natural key or a number."""
    if isinstance(group, list):
        return str(group[0])
    return groups.get(group, f"group {group}")
