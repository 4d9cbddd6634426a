"""One key: a JSON Web Key (RFC 7517) that is good for one algorithm alone (RFC 8725, section 3.1).

Reading, naming and publishing a key takes no cryptography; that loads when a key signs or verifies.
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
    decoded,
    encoded,
    require_members,
    require_secret,
)


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
        require_members(algorithm, members)
        return cls(_kid(algorithm, members), algorithm, dict(members))

    @classmethod
    def symmetric(cls, secret: bytes) -> "SigningKey":
        """Return the HS256 key that is a secret shared with other programs.

        Raises:
            InvalidInput: if it is too short, or the text of a key of another kind.
        """
        require_secret(secret)
        return cls.of("HS256", {"kty": "oct", "k": encoded(secret)})

    @property
    def symmetrical(self) -> bool:
        """Whether who can verify can sign as well."""
        return self.algorithm == "HS256"

    @property
    def signs(self) -> bool:
        """Whether all that it takes to sign is there."""
        return set(KINDS[self.algorithm].private) <= self.members.keys()

    @property
    def public_jwk(self) -> dict[str, str]:
        """What may be published of an asymmetric key (RFC 7517, section 4)."""
        assert not self.symmetrical, "Nothing of a symmetric key may be published."
        return {"kid": self.kid, "alg": self.algorithm, "use": "sig", **self._public}

    @property
    def _public(self) -> dict[str, str]:
        private = KINDS[self.algorithm].private
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


def _kid(algorithm: Algorithm, members: Mapping[str, str]) -> str:
    """Return the name of a key in a token's header (RFC 7515, section 4.1.4)."""
    if algorithm == "HS256":
        # No plain hash, such as the thumbprint would be: a guess of the secret could be tested.
        return hashlib.sha256(b"userctl kid\0" + decoded(members["k"])).hexdigest()[:16]
    kind = KINDS[algorithm]
    required = {name: members[name] for name in (*kind.fixed, *kind.public)}
    # The thumbprint of RFC 7638.
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return encoded(hashlib.sha256(canonical.encode()).digest())
