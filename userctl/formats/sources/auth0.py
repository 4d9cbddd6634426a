"""Auth0: the users in its export, in a file from its support, or in one for its import."""

import base64
from typing import Any

from userctl.formats.sources.options import SourceOptions, UnusableRecord, User
from userctl.formats.sources.rows import json_rows
from userctl.formats.sources.values import bool_text, pick, status, time_of

rows = json_rows


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if value.get("mfa_factors") or value.get("multifactor"):
        options.losses["second factors"] += 1
    identities = value.get("identities") or ()
    if any(identity.get("provider") not in {"auth0", None} for identity in identities):
        options.losses["logins by other providers"] += 1
    metadata = value.get("app_metadata") or {}
    roles = metadata.get("roles", metadata.get("role", ()))
    return {
        "email": options.address_of(pick(value, "email"), pick(value, "username", "user_id")),
        "name": _name(value),
        "role": options.role_of(roles),
        "status": status(disabled=value.get("blocked") is True),
        "hashed_password": _hash(value),
        "created_at": time_of(pick(value, "created_at")),
        "address_verified": bool_text(value.get("email_verified")),
        "former_login_at": time_of(pick(value, "last_login")),
    }


def _name(value: Any) -> str | None:
    # Auth0 puts the address where nothing else is known.
    name = pick(value, "name") or " ".join(
        part for part in (pick(value, "given_name"), pick(value, "family_name")) if part
    )
    return None if not name or name == value.get("email") else name


_DIGESTS = {"md5", "sha1", "sha256", "sha512"}


def _hash(value: Any) -> str | None:
    custom = value.get("custom_password_hash")
    if not custom:
        return pick(value, "password_hash", "passwordHash")
    if (custom.get("password") or {}).get("encoding", "utf8") not in {"utf8", "ascii"}:
        raise UnusableRecord("The password was hashed in an encoding other than UTF-8.")
    algorithm = str(custom["algorithm"])
    if algorithm in {"argon2", "bcrypt", "ldap", "pbkdf2"}:
        if custom.get("salt") and algorithm == "bcrypt":
            raise UnusableRecord("The password was hashed by bcrypt with a salt of its own.")
        return str(custom["hash"]["value"])
    return _hash_from_parts(algorithm, custom)


def _hash_from_parts(algorithm: str, custom: Any) -> str:
    digest = custom["hash"]
    salt = custom.get("salt") or {}
    if digest.get("encoding", "utf8") == "utf8":
        raise UnusableRecord("The hash is neither in hex nor in base64.")
    if algorithm == "scrypt":
        cost = int(custom.get("cost", 16384)).bit_length() - 1
        costs = f"ln={cost},r={custom.get('blockSize', 8)},p={custom.get('parallelization', 1)}"
        return f"$scrypt${costs}${_base64(salt)}${_base64(digest)}"
    if algorithm in _DIGESTS:
        place = salt.get("position", "prefix")
        return f"$digest-{algorithm}${place}${_base64(salt)}${_base64(digest)}"
    if algorithm == "hmac" and digest.get("digest") in _DIGESTS:
        return f"$digest-{digest['digest']}$key${_base64(digest['key'])}${_base64(digest)}"
    raise UnusableRecord(f"The password is hashed with {algorithm}, which is not supported.")


def _base64(part: Any) -> str:
    """Return a salt or a digest in base64, whatever its encoding."""
    text, encoding = str(part.get("value", "")), part.get("encoding", "utf8")
    if encoding == "base64":
        return text.replace("-", "+").replace("_", "/").rstrip("=")
    raw = bytes.fromhex(text) if encoding == "hex" else text.encode()
    return base64.b64encode(raw).decode().rstrip("=")
