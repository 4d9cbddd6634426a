"""What the readers of other systems are told, and what they tell beside the users."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from userctl.core.errors import InvalidInput
from userctl.core.text import quote

User = dict[str, str | None]
"""A user as the import takes it: texts by the names of fields."""


class Unusable(Exception):
    """A record that no user can be made of; the message says why."""


@dataclass(frozen=True)
class SourceOptions:
    """How the users of another system are read.

    Attributes:
        domain: makes addresses of the names of users who have none.
        secret: the name of the secret that the hashes were made with.
        roles: what the roles of the system are here, the one that counts first.
        keep_sources: whether each record has its text, to be written again.
        lost: counts what users have that cannot be carried.
        unmapped: counts the roles that users have, and that are not mapped.
        advice: what is said once, when the file was read.
    """

    domain: str | None = None
    secret: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    keep_sources: bool = False
    lost: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    advice: list[str] = field(default_factory=list)

    def advise(self, advice: str) -> None:
        """Let something be said once, when the file was read."""
        if advice not in self.advice:
            self.advice.append(advice)

    def role_of(self, names: Iterable[object] | None) -> str | None:
        """Return the role of a user who has some roles in the other system, or a single one."""
        had = list(dict.fromkeys([names] if isinstance(names, str) else map(str, names or ())))
        self.unmapped.update(name for name in had if name not in self.roles)
        found = [role for name, role in self.roles.items() if name in had]
        if len(set(found)) > 1:
            self.lost["several roles"] += 1
        return found[0] if found else None

    def address_of(self, address: str | None, name: str | None) -> str | None:
        """Return the address of a user, which is made of the name if there is none.

        Raises:
            Unusable: if neither is possible.
        """
        if address or not name or "@" in name:
            return address or name
        if self.domain is None:
            raise Unusable(
                f"{quote(name)} has no e-mail address. --domain example.com makes one of the name."
            )
        return f"{name}@{self.domain}"

    def require_secret(self, what: str) -> str:
        """Return the name of the secret.

        Raises:
            InvalidInput: if none was given.
        """
        if self.secret is None:
            raise InvalidInput(
                f"These passwords were hashed with {what}.",
                hint="Put it into a file that only you can read, add NAME=FILE to the setting "
                "'password_secrets', and pass --secret NAME.",
            )
        return self.secret
