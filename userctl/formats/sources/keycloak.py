"""Keycloak: a realm export, in one file or several."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from userctl.formats.sources.options import SourceOptions, UnusableRecord, User
from userctl.formats.sources.rows import Row, json_rows
from userctl.formats.sources.values import (
    bool_text,
    full_name,
    pick,
    status,
    time_of_milliseconds,
)


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the users of a realm."""
    return json_rows(text, array_names=("users",))


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if "username" not in value:
        return None
    if value.get("serviceAccountClientId"):
        options.losses["service accounts"] += 1
        return None
    credentials = value.get("credentials") or ()
    if any(not str(credential["type"]).startswith("password") for credential in credentials):
        options.losses["second factors"] += 1
    if value.get("federationLink"):
        options.losses["passwords, which a directory has"] += 1
    if value.get("federatedIdentities"):
        options.losses["logins by other providers"] += 1
    passwords = [credential for credential in credentials if credential.get("type") == "password"]
    # A role of a client, or a group, is not the role of the realm that has the same name.
    clients = (value.get("clientRoles") or {}).items()
    roles = [
        *(value.get("realmRoles") or ()),
        *(f"{client}/{role}" for client, names in clients for role in names),
        *(value.get("groups") or ()),
    ]
    return {
        "email": options.address_of(pick(value, "email"), pick(value, "username")),
        "name": full_name(value.get("firstName"), value.get("lastName")),
        "role": options.role_of(r for r in roles if not r.startswith(_BUILT_IN)),
        "status": status(disabled=value.get("enabled") is False),
        "hashed_password": _hash(passwords[0]) if passwords else None,
        "must_change_password": bool_text(
            "UPDATE_PASSWORD" in (value.get("requiredActions") or ())
        ),
        "created_at": time_of_milliseconds(value.get("createdTimestamp")),
        "address_verified": bool_text(value.get("emailVerified")),
    }


_BUILT_IN = ("default-roles-", "offline_access", "uma_authorization", "account/")
"""Roles that each user of Keycloak has."""


def _hash(credential: Any) -> str:
    if "secretData" not in credential and "value" in credential:
        raise UnusableRecord("The password is in plaintext.")
    secret, data = json.loads(credential["secretData"]), json.loads(credential["credentialData"])
    salt, value = secret["salt"].rstrip("="), secret["value"].rstrip("=")
    algorithm, rounds = data["algorithm"], int(data["hashIterations"])
    if algorithm == "argon2":
        parameters = {name: values[0] for name, values in data["additionalParameters"].items()}
        version = "19" if parameters.get("version", "1.3") == "1.3" else "16"
        costs = f"m={parameters['memory']},t={rounds},p={parameters['parallelism']}"
        return f"$argon2{parameters.get('type', 'id')}$v={version}${costs}${salt}${value}"
    digest = {"pbkdf2": "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha512": "sha512"}.get(algorithm)
    if digest is None:
        raise UnusableRecord(f"The password is hashed with {algorithm}, which is not known.")
    return f"$pbkdf2-{digest}$i={rounds}${salt}${value}"
