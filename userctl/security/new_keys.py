"""Where new keys come from: drawn at random, or brought along."""

import json
import secrets
from typing import Any

from userctl.core.errors import InvalidInput
from userctl.security.jwk import SigningKey, require_crypto
from userctl.security.key_members import Algorithm, algorithm_of, members_of

_SECRET_BYTES = 48


def draw(algorithm: Algorithm) -> SigningKey:
    """Return a new random key.

    Raises:
        CryptoMissing: if the library for asymmetric keys is needed and not installed.
    """
    key = _drawn(algorithm)
    # A name that looks like an option could not be typed as the argument of a command.
    while key.kid.startswith("-"):
        key = _drawn(algorithm)
    return key


def imported(text: str) -> SigningKey:
    """Return the private key that a text holds: PEM, a JWK, or else the HS256 secret itself.

    The name that a JWK brings along is not kept: names are derived from the key.

    Raises:
        InvalidInput: if it is weak, public, encrypted, or of a kind that is not supported.
        CryptoMissing: if the library for asymmetric keys is needed and not installed.
    """
    if "-----BEGIN " in text:
        require_crypto("A key in PEM")
        from userctl.security import asymmetric  # noqa: PLC0415

        return asymmetric.from_pem(text)
    if text.lstrip().startswith("{"):
        return _from_jwk(_object(text))
    return SigningKey.symmetric(text.encode())


def _drawn(algorithm: Algorithm) -> SigningKey:
    if algorithm == "HS256":
        # Letters and digits, so that a program which takes keys as text can have it too.
        return SigningKey.symmetric(secrets.token_urlsafe(_SECRET_BYTES).encode())
    require_crypto(algorithm)
    from userctl.security import asymmetric  # noqa: PLC0415

    return asymmetric.generate(algorithm)


def _object(text: str) -> dict[str, Any]:
    try:
        jwk: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("The key begins like a JWK and is not JSON.") from None
    if "keys" in jwk:
        raise InvalidInput(
            "This is a set of keys.", hint="Hand over one private key of it at a time."
        )
    return jwk


def _from_jwk(jwk: dict[str, Any]) -> SigningKey:
    algorithm = algorithm_of(jwk)
    if jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig":
        raise InvalidInput(f"The key is not meant for signing with {algorithm}.")
    members = members_of(jwk, algorithm)
    if algorithm == "HS256":
        return SigningKey.of(algorithm, members)
    if "d" not in members:
        raise InvalidInput("The key is public.", hint="Hand over the private key.")
    key = SigningKey.of(algorithm, members)
    require_crypto(algorithm)
    from userctl.security import asymmetric  # noqa: PLC0415

    return asymmetric.from_jwk(algorithm, key.members)
