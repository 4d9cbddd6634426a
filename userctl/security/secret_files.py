"""The secrets of other systems with which password hashes were made."""

from collections.abc import Sequence

from userctl.config.database_url import expand_home
from userctl.core.errors import MigrationSecretMissing
from userctl.core.secure_files import read_secret


class SecretFiles:
    """Returns secrets by name, each read from its file every time.

    Args:
        pairs: each name, ``=``, and the file.
    """

    def __init__(self, pairs: Sequence[str]) -> None:
        self._files = dict(pair.split("=", 1) for pair in pairs)

    def __call__(self, name: str) -> bytes:
        """Return a secret.

        Raises:
            MigrationSecretMissing: if it is not configured, or its file does not exist.
            UnsafeFile, InputOutputFailed: if its file cannot be used.
        """
        if name not in self._files:
            raise MigrationSecretMissing(
                f"The secret '{name}' of a password hash is not configured.",
                hint=f"Add '{name}=FILE' to the setting 'password_secrets'.",
            )
        file = expand_home(self._files[name].strip())
        secret = read_secret(file)
        if secret is None:
            raise MigrationSecretMissing(
                f"The file {file} with the secret '{name}' of a password hash does not exist.",
                hint="Put it there, or correct the setting 'password_secrets'.",
            )
        return secret.encode()


NO_SECRETS = SecretFiles(())
"""A source without secrets."""
