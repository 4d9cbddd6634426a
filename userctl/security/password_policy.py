"""The policy for passwords, and random passwords that meet it."""

import secrets
import unicodedata
from functools import cache

from userctl.core.errors import PasswordRejected
from userctl.security.passwords import MAXIMUM_BYTES, normalize_password

GENERATED_LENGTH = 20
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that are not mistaken for each other."""


def generate_password(minimum_length: int = 0) -> str:
    """Return a random password of more than 110 bits from the system's generator."""
    length = max(minimum_length, GENERATED_LENGTH)
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


_UNTYPABLE = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories of control characters, and of separators of lines and paragraphs. A prompt or
a form accepts none of them, so a password that contains one could be set and never typed."""


class PasswordPolicy:
    """The rules for passwords, after NIST SP 800-63B-4, section 3.1.1.2."""

    def __init__(self, *, minimum_length: int) -> None:
        self.minimum_length = minimum_length

    def check(
        self, password: str, *, email: str, name: str | None, current: str | None = None
    ) -> None:
        """Make sure that a user may have a password.

        Args:
            password: the new password.
            email: the address of the user.
            name: the name of the user.
            current: the current password, if that is known.

        Raises:
            PasswordRejected: with every reason at once.
        """
        password = normalize_password(password)
        reasons = [
            *_encoding_reasons(password),
            *self._length_reasons(password),
            *_guessability_reasons(password, email=email, name=name),
            *_reuse_reasons(password, current),
        ]
        if reasons:
            raise PasswordRejected(reasons)

    def _length_reasons(self, password: str) -> list[str]:
        if len(password) >= self.minimum_length:
            return []
        return [f"it has {len(password)} characters and needs {self.minimum_length}"]


def _encoding_reasons(password: str) -> list[str]:
    try:
        length = len(password.encode())
    except UnicodeEncodeError:
        return ["it is not valid UTF-8"]
    reasons = []
    if length > MAXIMUM_BYTES:
        reasons.append(f"it has {length} bytes and bcrypt takes at most {MAXIMUM_BYTES}")
    if "\0" in password:
        reasons.append("it contains a NUL character")
    elif any(unicodedata.category(c) in _UNTYPABLE for c in password):
        reasons.append("it contains a line break or another control character")
    return reasons


def _guessability_reasons(password: str, *, email: str, name: str | None) -> list[str]:
    folded = password.casefold()
    reasons = []
    if folded in _common_passwords():
        reasons.append("it is one of the most common passwords")
    own = {email, email.partition("@")[0], *([name] if name else [])}
    if folded in {normalize_password(word).casefold() for word in own}:
        reasons.append("it is the user's own e-mail address or name")
    return reasons


def _reuse_reasons(password: str, current: str | None) -> list[str]:
    if current is None or password != normalize_password(current):
        return []
    return ["it is the same as the current password"]


@cache
def _common_passwords() -> frozenset[str]:
    # The list is large, and only commands that set a password need it.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
