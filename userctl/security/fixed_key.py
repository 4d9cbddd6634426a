"""The one HS256 key that a setting gives, and that userctl never changes."""

from collections.abc import Callable
from typing import NoReturn

from userctl.core.errors import InvalidConfiguration, InvalidInput
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring, RingKey


class FixedKey:
    """A ring of exactly that key.

    Args:
        secret: returns the key, as the other programs that share it read it.
        origin: what to call the place it comes from.
    """

    embedded = False

    def __init__(self, secret: Callable[[], str], *, origin: str) -> None:
        self._secret = secret
        self._origin = origin

    def load(self) -> Keyring:
        """Return the ring.

        Raises:
            SecretKeyMissing, UnsafeFile: if the text cannot be had.
            InvalidConfiguration: if it is too short for a key, or a key of another kind.
        """
        secret = self._secret().encode()
        try:
            key = SigningKey.symmetric(secret)
        except InvalidInput as error:
            raise InvalidConfiguration(
                f"{self._origin} gives no key: {error.message}", hint=error.hint
            ) from None
        return Keyring((RingKey(key, "active"),))

    def change(self, change: Callable[[Keyring], Keyring]) -> NoReturn:
        """Refuse.

        Raises:
            InvalidConfiguration: naming where the key comes from.
        """
        del change
        raise InvalidConfiguration(
            f"The key is fixed by {self._origin}.",
            hint="Set keyring_file, run 'userctl key import' there, and drop the other setting.",
        )
