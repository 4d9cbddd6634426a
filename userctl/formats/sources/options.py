"""The options of the readers of other systems, and what they report besides the users."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from userctl.core.errors import InvalidInput
from userctl.core.text import quote

User = dict[str, str | None]
"""A user as the import takes it: texts by field name."""


class UnusableRecord(Exception):
    """A record from which no user can be made; the message says why."""


@dataclass(frozen=True)
class SourceOptions:
    """How the users of another system are read.

    Attributes:
        domain: makes addresses from the names of users who have none.
        secret: the name of the secret that the hashes were made with.
        roles: the roles here by those of the system; of several, the first one counts.
        keep_sources: whether each record keeps its text, to be written again.
        losses: counts what users have that cannot be carried over.
        unmapped_roles: counts the roles of users that are not mapped.
        advice: messages to show once, after the file was read.
    """

    domain: str | None = None
    secret: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    keep_sources: bool = False
    losses: Counter[str] = field(default_factory=Counter)
    unmapped_roles: Counter[str] = field(default_factory=Counter)
    advice: list[str] = field(default_factory=list)

    def advise(self, advice: str) -> None:
        """Add a message to show once, after the file was read."""
        if advice not in self.advice:
            self.advice.append(advice)

    def role_of(self, names: Iterable[object] | None) -> str | None:
        """Return the role of a user with one or several roles in the other system."""
        role_names = list(
            dict.fromkeys([names] if isinstance(names, str) else map(str, names or ()))
        )
        self.unmapped_roles.update(name for name in role_names if name not in self.roles)
        matches = [role for name, role in self.roles.items() if name in role_names]
        if len(set(matches)) > 1:
            self.losses["several roles"] += 1
        return matches[0] if matches else None

    def address_of(self, address: str | None, name: str | None) -> str | None:
        """Return the address of a user, made from the name if there is none.

        Raises:
            UnusableRecord: if neither is possible.
        """
        if address or not name or "@" in name:
            return address or name
        if self.domain is None:
            raise UnusableRecord(
                f"{quote(name)} has no e-mail address. Pass --domain example.com to make one."
            )
        return f"{name}@{self.domain}"

    def require_secret(self, origin: str) -> str:
        """Return the name of the secret.

        Raises:
            InvalidInput: if none was given.
        """
        if self.secret is None:
            raise InvalidInput(
                f"These passwords were hashed with {origin}.",
                hint="Put it into a file that only you can read, add NAME=FILE to the setting "
                "'password_secrets', and pass --secret NAME.",
            )
        return self.secret
