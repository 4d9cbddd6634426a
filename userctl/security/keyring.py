"""The keys in force: which one signs, which ones verify, and how a key grows old.

A key is ``next`` first: published and verifying, but not signing, so that everybody has fetched it
when it begins to sign. Then it is ``active``: the one that signs. Then ``passive``: it verifies
until everything that it signed has expired. In the end it is ``retired``, and its material is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from userctl.core.errors import KeyActive, KeyExists, KeyNotFound, KeyNotPublished
from userctl.security.jwk import SigningKey

State = Literal["next", "active", "passive", "retired"]

REMEMBERED = 20
"""How many retired keys are kept in mind."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_ORDER = ("next", "active", "passive", "retired")


@dataclass(frozen=True)
class RingKey:
    """A key, where it stands and since when; None for a moment that has not come or is not known.

    ``verifies_until`` is the end of a passive key, and for a retired one the end that it had.
    """

    key: SigningKey
    state: State
    created_at: datetime | None = None
    activated_at: datetime | None = None
    verifies_until: datetime | None = None

    def verifies(self, now: datetime) -> bool:
        """Tell whether a token that was signed with the key is accepted."""
        return self.state in {"next", "active"} or (self.state == "passive" and not self.over(now))

    def over(self, now: datetime) -> bool:
        """Tell whether the end of the key has come."""
        return self.verifies_until is not None and self.verifies_until <= now

    def retired(self, now: datetime) -> "RingKey":
        """Return the key as one that is good for nothing any more."""
        end = now if self.verifies_until is None else min(now, self.verifies_until)
        return replace(self, key=self.key.forgotten(), state="retired", verifies_until=end)


@dataclass(frozen=True)
class Keyring:
    """Keys in the order in which they are listed; every change returns another ring.

    Raises:
        ValueError: for keys that cannot stand together in a ring.
    """

    keys: tuple[RingKey, ...] = ()

    def __post_init__(self) -> None:
        states = [entry.state for entry in self.keys]
        if states.count("active") != bool(states):
            raise ValueError("exactly one key has to be active")
        if states.count("next") > 1:
            raise ValueError("more than one key is next")
        if len({entry.key.kid for entry in self.keys}) < len(self.keys):
            raise ValueError("a key stands there twice")

    @property
    def active(self) -> RingKey | None:
        """The key that signs; None in an empty ring."""
        return self._only("active")

    @property
    def next(self) -> RingKey | None:
        """The key that will sign after the active one, if there is one."""
        return self._only("next")

    def get(self, kid: str) -> RingKey:
        """Return the key of a name.

        Raises:
            KeyNotFound: if there is none.
        """
        for entry in self.keys:
            if entry.key.kid == kid:
                return entry
        raise KeyNotFound(f"There is no key '{kid[:64]}'.", hint="See 'userctl key list'.")

    def at(self, now: datetime) -> "Keyring":
        """Return the ring as it stands at a moment: passive keys whose end has come are retired."""
        return _sorted(
            entry.retired(now) if entry.state == "passive" and entry.over(now) else entry
            for entry in self.keys
        )

    def with_key(self, key: SigningKey, now: datetime) -> "Keyring":
        """Return the ring with a new key: the active one of an empty ring, else the next.

        Raises:
            KeyExists: if the ring knows the key, or has a next one.
        """
        if any(entry.key.kid == key.kid for entry in self.keys):
            raise KeyExists(f"The key {key.kid} is in the keyring already.")
        if self.active is None:
            return _sorted([RingKey(key, "active", created_at=now, activated_at=now)])
        self.require_place()
        return _sorted([*self.keys, RingKey(key, "next", created_at=now)])

    def require_place(self) -> None:
        """Make sure that a new key could be the next.

        Raises:
            KeyExists: if there is a next key already.
        """
        if self.next is not None:
            raise KeyExists(
                f"There is a next key already, {self.next.key.kid}.",
                hint="Rotate to it with 'userctl key rotate', or retire it.",
            )

    def promoted(
        self, now: datetime, *, minimum_age: timedelta, verifies_for: timedelta
    ) -> "Keyring":
        """Return the ring with the next key active and the active one passive.

        Args:
            now: the moment of the change.
            minimum_age: how long the next key must have been published.
            verifies_for: how long the passive key will verify.

        Raises:
            KeyNotPublished: if there is no next key, or it is younger than that.
        """
        upcoming = self.next
        if upcoming is None:
            raise KeyNotPublished(
                "There is no next key to rotate to.", hint="Run 'userctl key generate'."
            )
        assert upcoming.created_at is not None
        if max(now - upcoming.created_at, timedelta()) < minimum_age:
            raise KeyNotPublished(
                f"The next key, {upcoming.key.kid}, has not been published for long enough.",
                hint="Wait until every verifier has fetched it, or give a shorter --min-age.",
            )

        def turned(entry: RingKey) -> RingKey:
            if entry is upcoming:
                return replace(entry, state="active", activated_at=now)
            if entry.state == "active":
                key, end = entry.key.verifying(), now + verifies_for
                return replace(entry, key=key, state="passive", verifies_until=end)
            return entry

        return _sorted(map(turned, self.keys))

    def with_retired(self, kid: str, now: datetime) -> "Keyring":
        """Return the ring with a key retired; one that is retired already stays as it is.

        Raises:
            KeyNotFound: if there is no such key.
            KeyActive: if it is the one that signs.
        """
        gone = self.get(kid)
        if gone.state == "active":
            raise KeyActive(f"The key {kid} is the one that signs.")
        if gone.state == "retired":
            return self
        return _sorted(entry.retired(now) if entry is gone else entry for entry in self.keys)

    def _only(self, state: State) -> RingKey | None:
        return next((entry for entry in self.keys if entry.state == state), None)


def _sorted(keys: Iterable[RingKey]) -> Keyring:
    """Return a ring of keys in their order, the latest of a state first, old ones forgotten."""
    latest = sorted(keys, key=lambda entry: entry.verifies_until or _NEVER, reverse=True)
    ordered = sorted(latest, key=lambda entry: _ORDER.index(entry.state))
    retired = [entry for entry in ordered if entry.state == "retired"]
    return Keyring(tuple(entry for entry in ordered if entry not in retired[REMEMBERED:]))
