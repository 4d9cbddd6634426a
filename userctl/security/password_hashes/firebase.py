"""The scrypt of Firebase: the derived key encrypts the signer key of the project."""

import hmac
import re

from userctl.core.errors import InvalidInput, MigrationSecretMissing
from userctl.core.password_schemes import SECRET_NAME
from userctl.security.password_hashes.encodings import from_base64, require_sizes
from userctl.security.password_hashes.parsed_hash import (
    ParsedHash,
    SecretSource,
    missing_library_error,
    unusable_hash_error,
)
from userctl.security.password_hashes.scrypt import derive, estimate_cost

_B64 = r"([A-Za-z0-9+/_=-]*)"
_FORM = re.compile(
    rf"\$firescrypt\$ln=(\d\d?),r=(\d\d?),p=1\${_B64}\${_B64}\${_B64}\$(?:@({SECRET_NAME})|{_B64})",
    re.ASCII,
)
"""As Kratos writes it; the signer key at its end may be the name of the secret, after ``@``."""

_PARAMETER = re.compile(r"(\w+)\s*:\s*([A-Za-z0-9+/_=-]+)", re.ASCII)
_SEPARATOR = "base64_salt_separator"

_KEY_BYTES, _DERIVED_BYTES = 32, 64


def parse(text: str) -> ParsedHash:
    """Parse a hash.

    Raises:
        InvalidInput: if it cannot be verified.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise unusable_hash_error("it is not a well-formed Firebase hash")
    salt, digest, separator = map(from_base64, found.group(3, 4, 5))
    require_sizes(salt + separator, digest)
    name, inline = found[6], from_base64(found[7] or "")
    numbers = 2 ** int(found[1]), int(found[2]), 1
    seconds, memory = estimate_cost(*numbers)

    def matches(password: bytes, secrets: SecretSource) -> bool:
        costs, between, signer = numbers, separator, inline
        if name:
            costs, between, signer = _project_parameters(name, secrets(name), numbers, separator)
        derived = derive(password, salt + between, costs, _DERIVED_BYTES)
        return hmac.compare_digest(_encrypt(derived[:_KEY_BYTES], signer), digest)

    return ParsedHash("firebase", seconds, memory, matches, secret=name)


def _project_parameters(
    name: str, secret: bytes, numbers: tuple[int, int, int], separator: bytes
) -> tuple[tuple[int, int, int], bytes, bytes]:
    """Return the parameters of a project, given as ``hash_config``, or as the signer key alone.

    Raises:
        MigrationSecretMissing: if the secret is neither.
    """
    config = secret.decode()
    found = dict(_PARAMETER.findall(config))
    _, block_size, lanes = numbers
    try:
        if "base64_signer_key" not in found:
            return numbers, separator, from_base64(config.strip())
        costs = 2 ** int(found.get("mem_cost", 14)), int(found.get("rounds", block_size)), lanes
        estimate_cost(*costs)
        between = from_base64(found[_SEPARATOR]) if _SEPARATOR in found else separator
        return costs, between, from_base64(found["base64_signer_key"])
    except (InvalidInput, ValueError):
        raise MigrationSecretMissing(
            f"The secret '{name}' is not the configuration of a project of Firebase.",
            hint="Put the signer key into its file, or the whole block hash_config.",
        ) from None


def _encrypt(key: bytes, signer: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415
            Cipher,
            algorithms,
            modes,
        )
    except ImportError:
        raise missing_library_error("hashes of Firebase", "cryptography>=46.0.5") from None
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return encryptor.update(signer) + encryptor.finalize()
