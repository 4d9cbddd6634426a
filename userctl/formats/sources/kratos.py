"""Ory Kratos: identities with their credentials."""

from collections.abc import Iterator
from typing import Any, TextIO

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import Row, json_rows
from userctl.formats.sources.values import bool_text, full_name, pick, status, time_of


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the identities of an array, or those that follow one another."""
    return json_rows(text, array_names=("identities",))


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    traits, credentials = value["traits"], value.get("credentials") or {}
    if credentials.keys() & {"totp", "webauthn", "lookup_secret"}:
        options.losses["second factors"] += 1
    if "oidc" in credentials:
        options.losses["logins by other providers"] += 1
    name = traits.get("name")
    parts = [name.get("first"), name.get("last")] if isinstance(name, dict) else [name]
    email = pick(traits, "email")
    addresses = value.get("verifiable_addresses") or ()
    is_verified = any(
        address.get("verified") and address.get("value") == email for address in addresses
    )
    metadata = {**(value.get("metadata_admin") or {}), **(value.get("metadata_public") or {})}
    roles = metadata.get("roles", metadata.get("role", ()))
    return {
        "email": options.address_of(email, pick(traits, "username")),
        "name": full_name(*parts),
        "role": options.role_of(roles),
        "status": status(disabled=value.get("state") == "inactive"),
        "hashed_password": _hash(credentials, options),
        "created_at": time_of(value.get("created_at")),
        "address_verified": bool_text(is_verified) if addresses else None,
    }


def _hash(credentials: Any, options: SourceOptions) -> str | None:
    password = credentials.get("password") or {}
    password_hash = pick(password.get("config") or {}, "hashed_password")
    if password and password_hash is None:
        options.losses["passwords, which the export was not asked for"] += 1
    # Kratos has a name of its own for the $1$ of crypt.
    return password_hash and password_hash.replace("$md5-crypt$", "$1$", 1)
