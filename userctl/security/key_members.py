"""The members of a JSON Web Key, by algorithm (RFC 7517, RFC 7518)."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from userctl.config.parsers import MINIMUM_KEY_BYTES
from userctl.core.errors import InvalidInput

Algorithm = Literal["HS256", "EdDSA", "ES256", "RS256"]

SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 8192
"""The signature of a larger key would make a token longer than we accept."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Kind:
    """The members that the keys of an algorithm have (RFC 7518, section 6, and RFC 8037)."""

    fixed: Mapping[str, str]
    public: tuple[str, ...]
    private: tuple[str, ...]


KINDS: dict[Algorithm, Kind] = {
    "HS256": Kind({"kty": "oct"}, (), ("k",)),
    "EdDSA": Kind({"kty": "OKP", "crv": "Ed25519"}, ("x",), ("d",)),
    "ES256": Kind({"kty": "EC", "crv": "P-256"}, ("x", "y"), ("d",)),
    "RS256": Kind({"kty": "RSA"}, ("n", "e"), ("d", "p", "q", "dp", "dq", "qi")),
}


def members_of(jwk: Mapping[str, Any], algorithm: Algorithm) -> dict[str, Any]:
    """Return the members of a JWK that are key material, without ``kid``, ``use`` and the like."""
    kind = KINDS[algorithm]
    return {name: jwk[name] for name in (*kind.fixed, *kind.public, *kind.private) if name in jwk}


def algorithm_of(jwk: Mapping[str, Any]) -> Algorithm:
    """Return the algorithm of a JWK, by its type and curve.

    Raises:
        InvalidInput: if that is not supported.
    """
    for algorithm, kind in KINDS.items():
        if all(jwk.get(name) == value for name, value in kind.fixed.items()):
            return algorithm
    raise InvalidInput(
        "The type or the curve of the key is not supported.",
        hint="Use an oct, RSA, EC P-256 or OKP Ed25519 key.",
    )


def base64url_encode(value: bytes) -> str:
    """Return bytes in base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def base64url_decode(value: str) -> bytes:
    """Return the bytes that :func:`base64url_encode` encoded."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def require_members(algorithm: Algorithm, members: Mapping[str, Any]) -> None:
    """Make sure that members form a private or a public key that is strong enough.

    Raises:
        InvalidInput: with what is wrong, and never with a value.
    """
    kind = KINDS[algorithm]
    public = {*kind.fixed, *kind.public}
    complete = public.union(kind.private)
    if set(members) not in ([complete] if algorithm == "HS256" else [public, complete]):
        raise InvalidInput(f"The key has missing or unexpected members for {algorithm}.")
    for name in members.keys() - kind.fixed.keys():
        value = members[name]
        if not isinstance(value, str) or not _BASE64URL.fullmatch(value) or len(value) % 4 == 1:
            raise InvalidInput(f"The member '{name}' of the key is not base64url.")
    if any(members[name] != value for name, value in kind.fixed.items()):
        raise InvalidInput(f"The key does not have the type or curve that {algorithm} needs.")
    _require_strength(algorithm, members)


def _require_strength(algorithm: Algorithm, members: Mapping[str, str]) -> None:
    """Reject a key that is weaker than its algorithm demands (RFC 7518, sections 3.2 and 3.3)."""
    if algorithm == "HS256":
        require_secret(base64url_decode(members["k"]))
    if algorithm == "RS256":
        bits = int.from_bytes(base64url_decode(members["n"])).bit_length()
        if not SMALLEST_RSA_BITS <= bits <= LARGEST_RSA_BITS:
            raise InvalidInput(
                f"An RSA key must have {SMALLEST_RSA_BITS} to {LARGEST_RSA_BITS} bits, not {bits}."
            )


def require_secret(secret: bytes) -> None:
    """Make sure that a secret can be an HS256 key.

    Raises:
        InvalidInput: if it is too short, or the text of another kind of key.
    """
    if len(secret) < MINIMUM_KEY_BYTES:
        raise InvalidInput(
            f"An HS256 key must have at least {MINIMUM_KEY_BYTES} bytes, not {len(secret)}."
        )
    if secret.isspace():
        raise InvalidInput("An HS256 key must not be blank.")
    try:
        jwt.get_algorithm_by_name("HS256").prepare_key(secret)
    except jwt.InvalidKeyError:
        # A public key used as the secret would let everyone sign (RFC 8725, section 2.1).
        raise InvalidInput(
            "A PEM, SSH or JSON key cannot be used as an HS256 secret.",
            hint="Add it to a keyring with 'userctl key import'.",
        ) from None
