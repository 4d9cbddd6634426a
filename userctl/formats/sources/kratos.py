"""Ory Kratos: identities with their credentials."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import Row, json_rows
from userctl.formats.sources.values import first, full_name, said, status, time_of


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the identities of an array, or those that follow one another."""
    return json_rows(text, inside=("identities",))


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    traits, credentials = value["traits"], value.get("credentials") or {}
    if credentials.keys() & {"totp", "webauthn", "lookup_secret"}:
        options.lost["second factors"] += 1
    if "oidc" in credentials:
        options.lost["logins by other providers"] += 1
    name = traits.get("name")
    parts = [name.get("first"), name.get("last")] if isinstance(name, dict) else [name]
    email = first(traits, "email")
    addresses = value.get("verifiable_addresses") or ()
    verified = any(each.get("verified") and each.get("value") == email for each in addresses)
    metadata = {**(value.get("metadata_admin") or {}), **(value.get("metadata_public") or {})}
    roles = metadata.get("roles", metadata.get("role", ()))
    return {
        "email": options.address_of(email, first(traits, "username")),
        "name": full_name(*parts),
        "role": options.role_of(roles),
        "status": status(disabled=value.get("state") == "inactive"),
        "hashed_password": _hash(credentials, options),
        "created_at": time_of(value.get("created_at")),
        "address_verified": said(verified) if addresses else None,
    }


def _hash(credentials: Any, options: SourceOptions) -> str | None:
    password = credentials.get("password") or {}
    hashed = first(password.get("config") or {}, "hashed_password")
    if password and hashed is None:
        options.lost["passwords, which the export was not asked for"] += 1
    # Kratos has a name of its own for the $1$ of crypt.
    return hashed and hashed.replace("$md5-crypt$", "$1$", 1)
