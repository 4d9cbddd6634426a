"""Amazon Cognito: ``aws cognito-idp list-users``, which has no hashes."""

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
    time_of_milliseconds,
)


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the users of a pool."""
    return json_rows(text, array_names=("Users",))


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    attribute_list = value.get("Attributes") or value.get("UserAttributes") or ()
    attributes = {attribute["Name"]: attribute["Value"] for attribute in attribute_list}
    if value.get("MFAOptions") or value.get("UserMFASettingList"):
        options.losses["second factors"] += 1
    if value.get("UserStatus") == "EXTERNAL_PROVIDER":
        options.losses["logins by other providers"] += 1
    options.losses["passwords, which Cognito does not export"] += 1
    role = pick(attributes, "custom:role")
    return {
        "email": options.address_of(pick(attributes, "email"), pick(value, "Username")),
        "name": pick(attributes, "name")
        or full_name(attributes.get("given_name"), attributes.get("family_name")),
        "role": options.role_of(role),
        "status": status(disabled=is_true(value.get("Enabled")) is False),
        "created_at": _time(pick(value, "UserCreateDate")),
        "address_verified": bool_text(is_true(attributes.get("email_verified"))),
    }


def _time(text: str | None) -> str | None:
    """Return a time, which the first version of the command line wrote as seconds since 1970."""
    seconds, _, fraction = (text or "").partition(".")
    if seconds.isdecimal() and (fraction.isdecimal() or not fraction):
        return time_of_milliseconds(f"{seconds}000")
    return time_of(text)
