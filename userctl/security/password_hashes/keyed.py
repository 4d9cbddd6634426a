"""Hashes of a password that was first mixed with a secret of the project.

Flask-Security hashes the base64 of an HMAC of the password, and Devise the password with a pepper
at its end. Neither says so in the hash, so userctl adds a prefix with the name of the secret:
``$hmac-sha512$NAME$HASH`` and ``$pepper$NAME$HASH``.
"""

import base64
import hmac
import re
from dataclasses import replace

from userctl.core.password_schemes import SECRET_NAME
from userctl.security import password_hashes
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    SecretSource,
    unusable_hash_error,
)

_FORM = re.compile(rf"\$(hmac-sha512|pepper)\$({SECRET_NAME})(\$.+)", re.ASCII)


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    found = _FORM.fullmatch(text)
    if found is None or _FORM.match(found[3]):
        raise unusable_hash_error("it is not a well-formed hash with a secret")
    kind, name, inner = found.groups()
    parsed = password_hashes.parse(inner)

    def matches(password: bytes, secrets: SecretSource) -> bool:
        secret = secrets(name)
        if kind == "pepper":
            return parsed.matches(password + secret, secrets)
        keyed = hmac.digest(secret, password, "sha512")
        return parsed.matches(base64.b64encode(keyed), secrets)

    return replace(parsed, family=kind, matches=matches, secret=name)
