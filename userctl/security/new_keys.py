"""New signing keys: generated at random, or parsed from text."""

import json
import secrets
from typing import Any

from userctl.core.errors import InvalidInput
from userctl.security.jwk import SigningKey, require_crypto
from userctl.security.key_members import Algorithm, algorithm_of, members_of

_SECRET_BYTES = 48


def generate_key(algorithm: Algorithm) -> SigningKey:
    """Return a new random key.

    Raises:
        CryptoMissing: if the library for asymmetric keys is needed and not installed.
    """
    key = _generate(algorithm)
    # An id that looks like an option could not be passed to a command.
    while key.kid.startswith("-"):
        key = _generate(algorithm)
    return key


def parse_key(text: str) -> SigningKey:
    """Return the private key in a text, which is PEM, a JWK or the HS256 secret itself.

    The ``kid`` of a JWK is ignored, because ids are derived from the key.

    Raises:
        InvalidInput: if it is weak, public, encrypted or not supported.
        CryptoMissing: if the library for asymmetric keys is needed and not installed.
    """
    if "-----BEGIN " in text:
        require_crypto("A key in PEM")
        from userctl.security import asymmetric  # noqa: PLC0415

        return asymmetric.from_pem(text)
    if text.lstrip().startswith("{"):
        return _from_jwk(_parse_object(text))
    return SigningKey.symmetric(text.encode())


def _generate(algorithm: Algorithm) -> SigningKey:
    if algorithm == "HS256":
        # Plain text, so that a program that reads its key as text can share it.
        return SigningKey.symmetric(secrets.token_urlsafe(_SECRET_BYTES).encode())
    require_crypto(algorithm)
    from userctl.security import asymmetric  # noqa: PLC0415

    return asymmetric.generate(algorithm)


def _parse_object(text: str) -> dict[str, Any]:
    try:
        jwk: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("The key begins like a JWK, but it is not valid JSON.") from None
    if "keys" in jwk:
        raise InvalidInput("The input is a set of keys.", hint="Pass one private key at a time.")
    return jwk


def _from_jwk(jwk: dict[str, Any]) -> SigningKey:
    algorithm = algorithm_of(jwk)
    if jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig":
        raise InvalidInput(
            f"The key is not meant for signing with {algorithm}.", hint="Check its 'alg' and 'use'."
        )
    members = members_of(jwk, algorithm)
    if algorithm == "HS256":
        return SigningKey.from_members(algorithm, members)
    if "d" not in members:
        raise InvalidInput("The key is public.", hint="Pass the private key.")
    key = SigningKey.from_members(algorithm, members)
    require_crypto(algorithm)
    from userctl.security import asymmetric  # noqa: PLC0415

    return asymmetric.from_jwk(algorithm, key.members)
