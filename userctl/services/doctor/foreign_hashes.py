"""Checks the password hashes that other systems made."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Self

from userctl.core.errors import InvalidInput, UserctlError
from userctl.core.text import escape_invisible, pluralize
from userctl.security import password_hashes
from userctl.security.password_hashes.parsed_hash import SecretSource
from userctl.services.doctor.finding import Finding, ok


class ForeignHashes:
    """Counts hashes by scheme, those that cannot be verified, and the secrets that they need."""

    def __init__(self) -> None:
        self._schemes: Counter[str] = Counter()
        self._secrets: Counter[str] = Counter()
        self._unusable = 0

    @classmethod
    def from_hashes(cls, hashes: Iterable[str]) -> Self:
        """Count some hashes."""
        counts = cls()
        for hashed in hashes:
            try:
                parsed = password_hashes.parse(hashed)
            except InvalidInput:
                counts._unusable += 1
                continue
            counts._schemes[parsed.family] += 1
            if parsed.secret is not None:
                counts._secrets[parsed.secret] += 1
        return counts

    def __bool__(self) -> bool:
        return bool(self._schemes or self._unusable)

    def findings(self, secrets: SecretSource) -> Iterator[Finding]:
        """Yield the findings about the hashes."""
        if self._schemes:
            listed = ", ".join(f"{name} {count:,}" for name, count in sorted(self._schemes.items()))
            yield ok(f"Users with a password hash from another system: {listed}.")
        for name, count in sorted(self._secrets.items()):
            try:
                secrets(name)
            except UserctlError as error:
                waiting = f"{pluralize(count, 'user')} cannot log in without it."
                message = f"{escape_invisible(error.message)} {waiting}"
                yield Finding("failure", message, error.hint or "")
        if self._unusable:
            yield Finding(
                "warning",
                f"Users whose hash userctl cannot verify, and who cannot log in with it: "
                f"{self._unusable}.",
                "Set new passwords with 'userctl user passwd'.",
            )
