"""Django: ``manage.py dumpdata auth.user auth.group``, of custom user models too."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import Row, json_rows
from userctl.formats.sources.values import (
    bool_text,
    full_name,
    is_true,
    pick,
    status,
    time_of,
)

_LOSSES = {
    "mfa.authenticator": "second factors",
    "otp_email.emaildevice": "second factors",
    "otp_static.staticdevice": "second factors",
    "otp_totp.totpdevice": "second factors",
    "otp_webauthn.webauthncredential": "second factors",
    "two_factor.phonedevice": "second factors",
    "socialaccount.socialaccount": "logins by other providers",
    "social_django.usersocialauth": "logins by other providers",
}
"""Models of common packages for what a user logs in with besides the password."""


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the fields of the users of a dump, and the names of the groups so far by number.

    Groups that are numbers have their names in ``auth.group``, earlier in the same file. Anything
    else that belongs to a user is yielded once per user and kind, by its name alone.
    """
    groups: dict[str, str] = {}
    owners: set[tuple[str, str]] = set()
    for line, value, content in json_rows(text):
        if not isinstance(value, dict) or not isinstance(fields := value.get("fields"), dict):
            yield line, value, content
        elif value.get("model") == "auth.group":
            groups[str(value.get("pk"))] = str(fields.get("name"))
        elif loss := _LOSSES.get(str(value.get("model"))):
            owner = loss, str(fields.get("user"))
            if owner not in owners:
                owners.add(owner)
                yield line, loss, content
        elif "password" in fields:
            yield line, (fields, groups), content


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if isinstance(row, str):
        options.losses[row] += 1
        return None
    fields, groups = row
    flags = [name for name in ("superuser", "staff") if is_true(fields.get(f"is_{name}"))]
    roles = [_group(group, groups) for group in fields.get("groups") or ()]
    if fields.get("user_permissions"):
        options.losses["permissions of their own"] += 1
    name = pick(fields, "username")
    password_hash = pick(fields, "password")
    email = pick(fields, "email", "email_address")
    return {
        "email": options.address_of(email, name),
        "name": full_name(fields.get("first_name"), fields.get("last_name"))
        or pick(fields, "name", "full_name"),
        "role": options.role_of([*flags, *roles]),
        "status": status(disabled=is_true(fields.get("is_active")) is False),
        # Django marks a password that cannot be used with an exclamation mark.
        "hashed_password": None
        if not password_hash or password_hash.startswith("!")
        else password_hash,
        "created_at": time_of(pick(fields, "date_joined", "created_at")),
        "address_verified": bool_text(is_true(fields.get("email_verified"))),
        "former_login_at": time_of(fields.get("last_login")),
    }


def _group(group: Any, groups: dict[str, str]) -> str:
    """Return the name of a group, which is a natural key or a number."""
    return str(group[0]) if isinstance(group, list) else groups.get(str(group), f"group {group}")
