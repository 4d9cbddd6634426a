"""Asymmetric private keys; the one module that needs the ``crypto`` extra."""

from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from userctl.core.errors import InvalidInput
from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm, members_of

RSA_BITS = 3072
"""As strong as the other keys: 128 bits (NIST SP 800-57, part 1, section 5.6.1)."""

_RSA_EXPONENT = 65_537
_GENERATORS: Mapping[Algorithm, Callable[[], Any]] = {
    "EdDSA": Ed25519PrivateKey.generate,
    "ES256": lambda: generate_private_key(SECP256R1()),
    "RS256": lambda: generate_rsa(_RSA_EXPONENT, RSA_BITS),
}


def generate(algorithm: Algorithm) -> SigningKey:
    """Return a new random key."""
    return _signing_key(algorithm, _GENERATORS[algorithm]())


def from_jwk(algorithm: Algorithm, members: Mapping[str, str]) -> SigningKey:
    """Return a private key with its members normalized as RFC 7518 demands.

    Raises:
        InvalidInput: if they contradict each other.
    """
    try:
        key = jwt.get_algorithm_by_name(algorithm).from_jwk(dict(members))
    except (jwt.InvalidKeyError, ValueError):
        raise InvalidInput("The members of the key contradict each other.") from None
    return _signing_key(algorithm, key)


def from_pem(text: str) -> SigningKey:
    """Return the private key in a PEM text (RFC 7468).

    Raises:
        InvalidInput: if it is encrypted, not private, or not supported.
    """
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise InvalidInput(
            "The private key is encrypted.", hint="Decrypt it first: openssl pkey -in FILE"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput(
            "The PEM text does not contain a readable private key.",
            hint="Pass the private key in PKCS #8: openssl pkey -in FILE",
        ) from None
    return _signing_key(_algorithm_of(key), key)


def _algorithm_of(key: object) -> Algorithm:
    if isinstance(key, Ed25519PrivateKey):
        return "EdDSA"
    if isinstance(key, RSAPrivateKey):
        return "RS256"
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    raise InvalidInput(
        "The type or the curve of the key is not supported.",
        hint="Use an RSA, EC P-256 or Ed25519 key.",
    )


def _signing_key(algorithm: Algorithm, key: object) -> SigningKey:
    jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True)
    return SigningKey.from_members(algorithm, members_of(jwk, algorithm))
