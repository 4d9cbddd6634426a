"""The keyring: which key signs, which keys verify, and the states a key goes through.

A key is ``next`` first: published and verifying, but not signing, so that every verifier has
fetched it before it signs. Then it is ``active``: the one that signs. Then ``passive``: it verifies
until everything it signed has expired. Finally it is ``retired``, and its material is deleted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from userctl.core.errors import KeyActive, KeyExists, KeyNotFound, KeyNotPublished
from userctl.security.jwk import SigningKey

State = Literal["next", "active", "passive", "retired"]

MAXIMUM_RETIRED_KEYS = 20
"""How many retired keys a keyring still lists."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_ORDER = ("next", "active", "passive", "retired")


@dataclass(frozen=True)
class RingKey:
    """A key, its state, and the times of its changes of state.

    A time is None if it has not come or is unknown. ``verifies_until`` is the end of a passive key,
    or the end that a retired key had.
    """

    key: SigningKey
    state: State
    created_at: datetime | None = None
    activated_at: datetime | None = None
    verifies_until: datetime | None = None

    def can_verify(self, now: datetime) -> bool:
        """Tell whether a token that was signed with the key is accepted."""
        return self.state in {"next", "active"} or (
            self.state == "passive" and not self.has_ended(now)
        )

    def has_ended(self, now: datetime) -> bool:
        """Tell whether the key has stopped verifying."""
        return self.verifies_until is not None and self.verifies_until <= now

    def retire(self, now: datetime) -> "RingKey":
        """Return the key as a retired one, without its material."""
        end = now if self.verifies_until is None else min(now, self.verifies_until)
        return replace(self, key=self.key.without_material(), state="retired", verifies_until=end)


@dataclass(frozen=True)
class Keyring:
    """An immutable list of keys in the order they are listed; every change returns a new ring.

    Raises:
        ValueError: if the keys cannot form a ring.
    """

    keys: tuple[RingKey, ...] = ()

    def __post_init__(self) -> None:
        states = [entry.state for entry in self.keys]
        if states.count("active") != bool(states):
            raise ValueError("exactly one key must be active")
        if states.count("next") > 1:
            raise ValueError("more than one key is next")
        if len(self.by_id) < len(self.keys):
            raise ValueError("a key is listed twice")

    @cached_property
    def by_id(self) -> dict[str, RingKey]:
        """The keys by their ids."""
        return {entry.key.kid: entry for entry in self.keys}

    @property
    def active(self) -> RingKey | None:
        """The key that signs; None in an empty ring."""
        return self._key_in_state("active")

    @property
    def next(self) -> RingKey | None:
        """The key that will sign after the active one, if there is one."""
        return self._key_in_state("next")

    def get(self, kid: str) -> RingKey:
        """Return the key with an id.

        Raises:
            KeyNotFound: if the ring has no such key.
        """
        if kid in self.by_id:
            return self.by_id[kid]
        raise KeyNotFound(f"No key has the id '{kid[:64]}'.", hint="Run 'userctl key list'.")

    def as_of(self, now: datetime) -> "Keyring":
        """Return the ring at a moment, with the passive keys that have ended as retired ones."""
        return _ordered_ring(
            entry.retire(now) if entry.state == "passive" and entry.has_ended(now) else entry
            for entry in self.keys
        )

    def with_key(self, key: SigningKey, now: datetime) -> "Keyring":
        """Return the ring with a new key, which is active in an empty ring and next in others.

        Raises:
            KeyExists: if the ring contains the key, or already has a next key.
        """
        if any(entry.key.kid == key.kid for entry in self.keys):
            raise KeyExists(f"The keyring already contains the key {key.kid}.")
        if self.active is None:
            return _ordered_ring([RingKey(key, "active", created_at=now, activated_at=now)])
        self.require_no_next_key()
        return _ordered_ring([*self.keys, RingKey(key, "next", created_at=now)])

    def require_no_next_key(self) -> None:
        """Make sure that the ring has no next key, so that one can be added.

        Raises:
            KeyExists: if it has one.
        """
        if self.next is not None:
            raise KeyExists(
                f"The keyring already has a next key, {self.next.key.kid}.",
                hint="Rotate to it with 'userctl key rotate', or retire it first.",
            )

    def rotate(
        self, now: datetime, *, minimum_age: timedelta, verifies_for: timedelta
    ) -> "Keyring":
        """Return the ring with the next key active and the active one passive.

        Args:
            now: the moment of the change.
            minimum_age: how long the next key must have been published.
            verifies_for: how long the passive key will verify.

        Raises:
            KeyNotPublished: if the ring has no next key, or it is younger than that.
        """
        upcoming = self.next
        if upcoming is None:
            raise KeyNotPublished(
                "The keyring has no next key to rotate to.", hint="Run 'userctl key generate'."
            )
        assert upcoming.created_at is not None
        if max(now - upcoming.created_at, timedelta()) < minimum_age:
            raise KeyNotPublished(
                f"The next key, {upcoming.key.kid}, has not been published for long enough.",
                hint="Wait until every verifier has fetched it, or pass a shorter --min-age.",
            )

        def advance(entry: RingKey) -> RingKey:
            if entry is upcoming:
                return replace(entry, state="active", activated_at=now)
            if entry.state == "active":
                key, end = entry.key.verification_key(), now + verifies_for
                return replace(entry, key=key, state="passive", verifies_until=end)
            return entry

        return _ordered_ring(map(advance, self.keys))

    def retire(self, kid: str, now: datetime) -> "Keyring":
        """Return the ring with a key retired; a key that is already retired stays as it is.

        Raises:
            KeyNotFound: if the ring has no such key.
            KeyActive: if it is the active key.
        """
        chosen = self.get(kid)
        if chosen.state == "active":
            raise KeyActive(f"The key {kid} is the active signing key.")
        if chosen.state == "retired":
            return self
        return _ordered_ring(entry.retire(now) if entry is chosen else entry for entry in self.keys)

    def replace_all(self, key: SigningKey, now: datetime) -> "Keyring":
        """Return the ring with a new active key, and every other key retired.

        The next key is retired too: it is in the same file as the stolen ones.
        """
        retired = (entry if entry.state == "retired" else entry.retire(now) for entry in self.keys)
        return _ordered_ring([RingKey(key, "active", created_at=now, activated_at=now), *retired])

    def _key_in_state(self, state: State) -> RingKey | None:
        return next((entry for entry in self.keys if entry.state == state), None)


def _ordered_ring(keys: Iterable[RingKey]) -> Keyring:
    """Return a ring with its keys in order, the latest of each state first.

    Only the latest retired keys are kept.
    """
    latest = sorted(keys, key=lambda entry: entry.verifies_until or _NEVER, reverse=True)
    ordered = sorted(latest, key=lambda entry: _ORDER.index(entry.state))
    retired = [entry for entry in ordered if entry.state == "retired"]
    return Keyring(tuple(entry for entry in ordered if entry not in retired[MAXIMUM_RETIRED_KEYS:]))
