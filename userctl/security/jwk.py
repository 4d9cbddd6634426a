"""One key: a JSON Web Key (RFC 7517) that is good for one algorithm alone (RFC 8725, section 3.1).

Reading, naming and publishing a key takes no cryptography; that loads when a key signs or verifies.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import jwt

from userctl.errors import CryptoMissing, InvalidConfiguration, InvalidInput
from userctl.setting_values import MINIMUM_KEY_BYTES

Algorithm = Literal["HS256", "EdDSA", "ES256", "RS256"]

SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 8192
"""A signature of a larger key would make a token longer than we read."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class _Kind:
    """What the keys of an algorithm are made of (RFC 7518, section 6, and RFC 8037)."""

    fixed: Mapping[str, str]
    public: tuple[str, ...]
    private: tuple[str, ...]


_KINDS: dict[str, _Kind] = {
    "HS256": _Kind({"kty": "oct"}, (), ("k",)),
    "EdDSA": _Kind({"kty": "OKP", "crv": "Ed25519"}, ("x",), ("d",)),
    "ES256": _Kind({"kty": "EC", "crv": "P-256"}, ("x", "y"), ("d",)),
    "RS256": _Kind({"kty": "RSA"}, ("n", "e"), ("d", "p", "q", "dp", "dq", "qi")),
}


@dataclass(frozen=True)
class SigningKey:
    """A key, its name and the one algorithm it is good for.

    ``members`` are those that RFC 7518 defines, ``kty`` among them: all for a key that signs, the
    public ones for a key that only verifies, none for one that does neither any more.
    """

    kid: str
    algorithm: Algorithm
    members: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, algorithm: Algorithm, members: Mapping[str, str]) -> "SigningKey":
        """Return the key that is made of some members, named as we name keys.

        Raises:
            InvalidInput: if they do not make a key for the algorithm.
        """
        _require_members(algorithm, members)
        return cls(_kid(algorithm, members), algorithm, dict(members))

    @classmethod
    def symmetric(cls, secret: bytes) -> "SigningKey":
        """Return the HS256 key that is a secret shared with other programs.

        Raises:
            InvalidInput: if it is too short, or the text of a key of another kind.
        """
        _require_secret(secret)
        return cls.of("HS256", {"kty": "oct", "k": encoded(secret)})

    @property
    def symmetrical(self) -> bool:
        """Whether who can verify can sign as well."""
        return self.algorithm == "HS256"

    @property
    def signs(self) -> bool:
        """Whether all that it takes to sign is there."""
        return set(_KINDS[self.algorithm].private) <= self.members.keys()

    @property
    def public_jwk(self) -> dict[str, str]:
        """What may be published of an asymmetric key (RFC 7517, section 4)."""
        assert not self.symmetrical, "Nothing of a symmetric key may be published."
        return {"kid": self.kid, "alg": self.algorithm, "use": "sig", **self._public}

    @property
    def _public(self) -> dict[str, str]:
        private = _KINDS[self.algorithm].private
        return {name: value for name, value in self.members.items() if name not in private}

    def verifying(self) -> "SigningKey":
        """Return the key without what an asymmetric one only needs to sign."""
        return self if self.symmetrical else replace(self, members=self._public)

    def forgotten(self) -> "SigningKey":
        """Return the name of the key alone."""
        return replace(self, members={})

    @cached_property
    def signer(self) -> Any:
        """What PyJWT signs with.

        Raises:
            CryptoMissing: if the key is asymmetric and the library for that is not installed.
            InvalidConfiguration: if the members contradict each other.
        """
        return self._loaded(self.members)

    @cached_property
    def verifier(self) -> Any:
        """What PyJWT verifies with; raises as :attr:`signer` does."""
        return self._loaded(self.members if self.symmetrical else self._public)

    def _loaded(self, members: Mapping[str, str]) -> Any:
        if not self.symmetrical:
            require_crypto(self.algorithm)
        try:
            return jwt.get_algorithm_by_name(self.algorithm).from_jwk(dict(members))
        except (jwt.InvalidKeyError, ValueError):
            raise InvalidConfiguration(
                f"The key {self.kid} is damaged.", hint="Restore the keyring, or retire the key."
            ) from None


def require_crypto(algorithm: str) -> None:
    """Make sure that the library for asymmetric keys is there.

    Raises:
        CryptoMissing: naming the algorithm that needs it.
    """
    try:
        import cryptography  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        raise CryptoMissing(
            f"{algorithm} needs a library for cryptography that is not installed."
        ) from None


def members_of(jwk: Mapping[str, Any], algorithm: Algorithm) -> dict[str, Any]:
    """Return the members of a JWK that make the key, without its name, its use and the like."""
    kind = _KINDS[algorithm]
    return {name: jwk[name] for name in (*kind.fixed, *kind.public, *kind.private) if name in jwk}


def algorithm_of(jwk: Mapping[str, Any]) -> Algorithm:
    """Return the algorithm that a JWK is good for, by its type and curve.

    Raises:
        InvalidInput: if that is none of ours.
    """
    for algorithm, kind in _KINDS.items():
        if all(jwk.get(name) == value for name, value in kind.fixed.items()):
            return algorithm  # type: ignore[return-value]
    raise InvalidInput(
        "The type or the curve of the key is not supported.",
        hint="Use an oct, RSA, EC P-256 or OKP Ed25519 key.",
    )


def encoded(value: bytes) -> str:
    """Return bytes in base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _require_members(algorithm: Algorithm, members: Mapping[str, Any]) -> None:
    kind = _KINDS[algorithm]
    public = {*kind.fixed, *kind.public}
    complete = public.union(kind.private)
    if set(members) not in ([complete] if algorithm == "HS256" else [public, complete]):
        raise InvalidInput(f"The key lacks members that {algorithm} needs, or has others.")
    for name in members.keys() - kind.fixed.keys():
        value = members[name]
        if not isinstance(value, str) or not _BASE64URL.fullmatch(value) or len(value) % 4 == 1:
            raise InvalidInput(f"The member '{name}' of the key is not base64url.")
    if any(members[name] != value for name, value in kind.fixed.items()):
        raise InvalidInput(f"The key is not of the type that {algorithm} needs.")
    _require_strength(algorithm, members)


def _require_strength(algorithm: Algorithm, members: Mapping[str, str]) -> None:
    """Refuse a key that is weaker than its algorithm demands (RFC 7518, sections 3.2 and 3.3)."""
    if algorithm == "HS256":
        _require_secret(_decoded(members["k"]))
    if algorithm == "RS256":
        bits = int.from_bytes(_decoded(members["n"])).bit_length()
        if not SMALLEST_RSA_BITS <= bits <= LARGEST_RSA_BITS:
            raise InvalidInput(
                f"An RSA key has {SMALLEST_RSA_BITS} to {LARGEST_RSA_BITS} bits, not {bits}."
            )


def _require_secret(secret: bytes) -> None:
    if len(secret) < MINIMUM_KEY_BYTES:
        raise InvalidInput(
            f"An HS256 key has at least {MINIMUM_KEY_BYTES} bytes, not {len(secret)}."
        )
    try:
        jwt.get_algorithm_by_name("HS256").prepare_key(secret)
    except jwt.InvalidKeyError:
        # Whoever has its public half could sign with that (RFC 8725, section 2.1).
        raise InvalidInput(
            "A PEM, SSH or JSON key is no secret for HS256.",
            hint="Put it in a keyring with 'userctl key import'.",
        ) from None


def _kid(algorithm: Algorithm, members: Mapping[str, str]) -> str:
    """Return the name of a key in a token's header (RFC 7515, section 4.1.4)."""
    if algorithm == "HS256":
        # No plain hash, such as the thumbprint would be: a guess of the secret could be tested.
        return hashlib.sha256(b"userctl kid\0" + _decoded(members["k"])).hexdigest()[:16]
    kind = _KINDS[algorithm]
    required = {name: members[name] for name in (*kind.fixed, *kind.public)}
    # The thumbprint of RFC 7638.
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return encoded(hashlib.sha256(canonical.encode()).digest())
