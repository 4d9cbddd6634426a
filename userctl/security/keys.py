"""The keys that sign access tokens."""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from userctl.config import Settings
from userctl.errors import InvalidConfiguration, SecretKeyMissing
from userctl.private_files import read_private, write_private
from userctl.setting_values import MINIMUM_KEY_BYTES


@dataclass(frozen=True)
class SigningKey:
    """A symmetric key with the one algorithm it is good for."""

    secret: bytes = field(repr=False)
    algorithm: str = "HS256"

    @property
    def kid(self) -> str:
        """The name of the key in a token's header (RFC 7515, section 4.1.4)."""
        return hashlib.sha256(b"userctl kid\0" + self.secret).hexdigest()[:16]


def load_signing_key(settings: Settings) -> SigningKey:
    """Return the configured key; beside an SQLite database it is created where it is missing.

    The key is the text itself in UTF-8, as other programs that share it will read it.

    Raises:
        SecretKeyMissing: if none is configured for PostgreSQL, or the file named is not there.
        InvalidConfiguration: if the key is too short.
        UnsafeFile: if others could read the key file.
    """
    if settings.secret_key is not None:
        return SigningKey(settings.secret_key.encode())
    if settings.secret_key_file is not None:
        return _from_file(settings.secret_key_file)
    database = settings.database_url.sqlite_path
    if database is None:
        raise SecretKeyMissing(
            "No key to sign and verify tokens with is configured.",
            hint="Set USERCTL_SECRET_KEY, or secret_key_file in the config file, to the key that "
            f"your service verifies with: {MINIMUM_KEY_BYTES} bytes or more.",
        )
    file = database.with_name(f"{database.name}.key")
    if read_private(file) is None:
        write_private(file, secrets.token_urlsafe(48) + "\n", replace=False)
    return _from_file(file)


def _from_file(file: Path) -> SigningKey:
    text = read_private(file)
    if text is None:
        raise SecretKeyMissing(f"The key file {file} does not exist.")
    secret = text.strip().encode()
    if len(secret) < MINIMUM_KEY_BYTES:
        raise InvalidConfiguration(
            f"The key in {file} has {len(secret)} bytes and needs {MINIMUM_KEY_BYTES}."
        )
    return SigningKey(secret)
