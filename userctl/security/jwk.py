"""One key: a JSON Web Key (RFC 7517) bound to a single algorithm (RFC 8725, section 3.1).

Reading, naming and publishing a key needs no cryptography; that is loaded to sign or verify.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import jwt

from userctl.core.errors import CryptoMissing, InvalidConfiguration
from userctl.security.key_members import (
    KINDS,
    Algorithm,
    base64url_decode,
    base64url_encode,
    require_members,
    require_secret,
)


@dataclass(frozen=True)
class SigningKey:
    """A key, its id and its only algorithm.

    ``members`` are those that RFC 7518 defines, including ``kty``: all of them for a key that
    signs, the public ones for a key that only verifies, and none for a retired key.
    """

    kid: str
    algorithm: Algorithm
    members: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_members(cls, algorithm: Algorithm, members: Mapping[str, str]) -> "SigningKey":
        """Return the key with these members; its id is derived from them.

        Raises:
            InvalidInput: if they are not a key for the algorithm.
        """
        require_members(algorithm, members)
        return cls(_derive_kid(algorithm, members), algorithm, dict(members))

    @classmethod
    def symmetric(cls, secret: bytes) -> "SigningKey":
        """Return the HS256 key of a secret that is shared with other programs.

        Raises:
            InvalidInput: if it is too short, or the text of another kind of key.
        """
        require_secret(secret)
        return cls.from_members("HS256", {"kty": "oct", "k": base64url_encode(secret)})

    @property
    def is_symmetric(self) -> bool:
        """Whether the same secret signs and verifies."""
        return self.algorithm == "HS256"

    @property
    def can_sign(self) -> bool:
        """Whether the private members are present."""
        return set(KINDS[self.algorithm].private) <= self.members.keys()

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half of an asymmetric key, to be published (RFC 7517, section 4)."""
        assert not self.is_symmetric, "A symmetric key must never be published."
        return {"kid": self.kid, "alg": self.algorithm, "use": "sig", **self._public_members}

    @property
    def _public_members(self) -> dict[str, str]:
        private = KINDS[self.algorithm].private
        return {name: value for name, value in self.members.items() if name not in private}

    def verification_key(self) -> "SigningKey":
        """Return the key without private members; a symmetric key stays as it is."""
        return self if self.is_symmetric else replace(self, members=self._public_members)

    def without_material(self) -> "SigningKey":
        """Return the key with its id and its algorithm alone, as for a retired key."""
        return replace(self, members={})

    @cached_property
    def signer(self) -> Any:
        """The key object that PyJWT signs with.

        Raises:
            CryptoMissing: if the key is asymmetric and its library is not installed.
            InvalidConfiguration: if the members contradict each other.
        """
        return self._load_key(self.members)

    @cached_property
    def verifier(self) -> Any:
        """The key object that PyJWT verifies with; raises as :attr:`signer` does."""
        return self._load_key(self.members if self.is_symmetric else self._public_members)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes; raises as :attr:`signer` does."""
        # Without its library PyJWT does not even know the algorithm, so the key comes first.
        key = self.signer
        signature: bytes = jwt.get_algorithm_by_name(self.algorithm).sign(data, key)
        return signature

    def verifies(self, data: bytes, signature: bytes) -> bool:
        """Tell whether a signature is that of some bytes; raises as :attr:`signer` does."""
        key = self.verifier
        return bool(jwt.get_algorithm_by_name(self.algorithm).verify(data, key, signature))

    def _load_key(self, members: Mapping[str, str]) -> Any:
        if not self.is_symmetric:
            require_crypto(self.algorithm)
        try:
            return jwt.get_algorithm_by_name(self.algorithm).from_jwk(dict(members))
        except (jwt.InvalidKeyError, ValueError):
            raise InvalidConfiguration(
                f"The key {self.kid} is damaged.", hint="Restore the keyring, or retire the key."
            ) from None


def require_crypto(algorithm: str) -> None:
    """Make sure that the library for asymmetric keys is installed.

    Raises:
        CryptoMissing: naming the algorithm that needs it.
    """
    try:
        import cryptography  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        raise CryptoMissing(
            f"{algorithm} needs the library 'cryptography', which is not installed."
        ) from None


def _derive_kid(algorithm: Algorithm, members: Mapping[str, str]) -> str:
    """Return the id of a key, the ``kid`` in a token's header (RFC 7515, section 4.1.4)."""
    if algorithm == "HS256":
        # The thumbprint would be a plain hash of the secret, which precomputed tables may list.
        return hashlib.sha256(b"userctl kid\0" + base64url_decode(members["k"])).hexdigest()[:16]
    kind = KINDS[algorithm]
    required = {name: members[name] for name in (*kind.fixed, *kind.public)}
    # The thumbprint of RFC 7638.
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return base64url_encode(hashlib.sha256(canonical.encode()).digest())
