"""The one HS256 key that a setting gives and userctl never changes."""

from collections.abc import Callable
from typing import NoReturn

from userctl.core.errors import InvalidConfiguration, InvalidInput
from userctl.core.secure_files import FileVersion
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring, RingKey


class FixedKey:
    """A keyring with that key alone.

    Args:
        secret: returns the key, exactly as the programs that share it read it.
        version: returns a value that changes whenever the key does.
        origin: the setting and the place it comes from, for messages.
    """

    is_embedded = False

    def __init__(
        self, secret: Callable[[], str], version: Callable[[], FileVersion | None], *, origin: str
    ) -> None:
        self._secret = secret
        self.version = version
        self._origin = origin
        self.fixed_by: str | None = origin

    def load(self) -> Keyring:
        """Return the ring.

        Raises:
            SecretKeyMissing, UnsafeFile: if the key cannot be read.
            InvalidConfiguration: if it is too short, or the text of another kind of key.
        """
        secret = self._secret().encode()
        try:
            key = SigningKey.symmetric(secret)
        except InvalidInput as error:
            raise InvalidConfiguration(
                f"{self._origin} is not a usable key: {error.message}", hint=error.hint
            ) from None
        return Keyring((RingKey(key, "active"),))

    def change(self, change: Callable[[Keyring], Keyring]) -> NoReturn:
        """Refuse, because only the operator changes a fixed key.

        Raises:
            InvalidConfiguration: naming where the key comes from.
        """
        del change
        raise InvalidConfiguration(
            f"The key is fixed by {self._origin}.",
            hint="Set keyring_file, run 'userctl key import', and remove the other setting.",
        )
