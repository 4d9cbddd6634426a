"""Generating, importing, rotating, retiring and publishing signing keys."""

from collections.abc import Callable
from datetime import datetime, timedelta

from userctl.config.settings import LONGEST_ACCESS_TOKEN_MINUTES
from userctl.core.clock import Clock
from userctl.core.errors import InvalidConfiguration
from userctl.schemas.audit import AuditTag
from userctl.schemas.keys import KeyRead, ReplacedKeys
from userctl.security.access_token import LEEWAY_SECONDS
from userctl.security.key_members import Algorithm
from userctl.security.keyring import Keyring, RingKey
from userctl.security.keys import KeySource
from userctl.security.new_keys import generate_key, parse_key

STALE_RING = timedelta(hours=1)
"""How long a process may keep signing with a keyring that it read before a rotation."""

VERIFIES_FOR = STALE_RING + timedelta(minutes=LONGEST_ACCESS_TOKEN_MINUTES, seconds=LEEWAY_SECONDS)
"""How long a passive key verifies: until everything that it signed has expired."""


class KeyService:
    """The use cases for the keyring; each change is one atomic write of the whole keyring.

    Args:
        key_source: where the keys are.
        clock: where the time comes from.
        audit_log: called with the tag, the key id and the detail of each change.
    """

    def __init__(
        self,
        key_source: KeySource,
        *,
        clock: Clock,
        audit_log: Callable[..., None],
    ) -> None:
        self._source = key_source
        self._clock = clock
        self._record = audit_log

    def read(self) -> list[KeyRead]:
        """Return all keys: next, active, passive, retired; the latest of each state first.

        Raises:
            SecretKeyMissing: if the configured keyring does not exist.
        """
        return [_key_read(entry) for entry in self._source.load().as_of(self._clock()).keys]

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the JWK Set (RFC 7517, section 5) of the public keys that verify tokens.

        A symmetric key has no public half and is left out.

        Raises:
            SecretKeyMissing: if the configured keyring does not exist.
        """
        now = self._clock()
        verifying = [entry.key for entry in self._source.load().keys if entry.can_verify(now)]
        return {"keys": [key.public_jwk for key in verifying if not key.is_symmetric]}

    def generate(self, algorithm: Algorithm | None = None) -> KeyRead:
        """Generate a key: the active one of an empty keyring, otherwise the next one.

        Args:
            algorithm: None for that of the active key, or HS256 if there is none.

        Raises:
            KeyExists: if there is a next key.
            CryptoMissing: if the library for asymmetric keys is needed but not installed.
        """

        def add_generated(ring: Keyring, now: datetime) -> Keyring:
            ring.require_no_next_key()
            default = ring.active.key.algorithm if ring.active else "HS256"
            return ring.with_key(generate_key(algorithm or default), now)

        return self._record_change(AuditTag.KEY_GENERATE, _newest_key(self._change(add_generated)))

    def import_(self, text: str) -> KeyRead:
        """Add a key given as PEM, as a JWK, or else as an HS256 secret.

        Raises:
            InvalidInput: if it is weak, public, encrypted, or of an unsupported kind.
            KeyExists: if the keyring has it, or has a next key.
            CryptoMissing: if the library for asymmetric keys is needed but not installed.
        """
        key = parse_key(text)
        ring = self._change(lambda ring, now: ring.with_key(key, now))
        return self._record_change(AuditTag.KEY_IMPORT, _newest_key(ring))

    def rotate(self, minimum_age: timedelta) -> KeyRead:
        """Make the next key the active one, and generate another; return the active one.

        Args:
            minimum_age: how long the next key must have been published.

        Raises:
            KeyNotPublished: if there is no next key, or it is too young.
            CryptoMissing: if the library for asymmetric keys is needed but not installed.
        """

        def promote_next(ring: Keyring, now: datetime) -> Keyring:
            ring = ring.rotate(now, minimum_age=minimum_age, verifies_for=VERIFIES_FOR)
            assert ring.active is not None
            return ring.with_key(generate_key(ring.active.key.algorithm), now)

        active = self._change(promote_next).active
        assert active is not None
        return self._record_change(AuditTag.KEY_ROTATE, _key_read(active))

    def show_replaceable(self) -> list[KeyRead]:
        """Return all keys, if :meth:`replace_all` can replace them.

        Raises:
            InvalidConfiguration: if the key is not in a keyring.
        """
        if (origin := self._source.fixed_by) is not None:
            raise InvalidConfiguration(
                f"The key is fixed by {origin}, so userctl cannot replace it.",
                hint="Generate a key (openssl rand -base64 48), set it there and in every service "
                "that shares it, and restart these. Then no token that the old key signed is "
                "accepted. To end the sessions too: userctl token revoke --all --kind refresh",
            )
        return self.read()

    def replace_all(self) -> ReplacedKeys:
        """Sign with a new key, and reject everything that any other key signed, from now on.

        This is for keys that may have been stolen: the next key may have been stolen too, so it is
        not promoted but retired with the others, and another one is generated.

        Raises:
            InvalidConfiguration: if the key is not in a keyring.
            CryptoMissing: if the library for asymmetric keys is needed but not installed.
        """
        retired: list[str] = []

        def replace_keys(ring: Keyring, now: datetime) -> Keyring:
            retired[:] = [entry.key.kid for entry in ring.keys if entry.state != "retired"]
            algorithm = ring.active.key.algorithm if ring.active else "HS256"
            replaced = ring.replace_all(generate_key(algorithm), now)
            return replaced.with_key(generate_key(algorithm), now)

        active = self._change(replace_keys).active
        assert active is not None
        self._record(AuditTag.KEY_COMPROMISE, active.key.kid, retired=retired)
        return ReplacedKeys(active=_key_read(active), retired=retired)

    def show_retirable(self, kid: str) -> KeyRead:
        """Return a key that can be retired.

        Raises:
            KeyNotFound: if there is no such key.
            KeyActive: if it is the active key.
        """
        now = self._clock()
        ring = self._source.load().as_of(now)
        ring.retire(kid, now)
        return _key_read(ring.get(kid))

    def retire(self, kid: str) -> KeyRead:
        """Reject everything that a key signed, from now on, and erase its material.

        Raises:
            KeyNotFound: if there is no such key.
            KeyActive: if it is the active key.
        """
        ring = self._change(lambda ring, now: ring.retire(kid, now))
        return self._record_change(AuditTag.KEY_RETIRE, _key_read(ring.get(kid)))

    def _record_change(self, tag: AuditTag, key: KeyRead) -> KeyRead:
        self._record(tag, key.kid)
        return key

    def _change(self, change: Callable[[Keyring, datetime], Keyring]) -> Keyring:
        def apply_change(ring: Keyring) -> Keyring:
            # The keyring is locked here, so no other process can change it.
            now = self._clock()
            return change(ring.as_of(now), now)

        return self._source.change(apply_change)


def _newest_key(ring: Keyring) -> KeyRead:
    newest = ring.next or ring.active
    assert newest is not None
    return _key_read(newest)


def _key_read(entry: RingKey) -> KeyRead:
    return KeyRead(
        kid=entry.key.kid,
        algorithm=entry.key.algorithm,
        state=entry.state,
        created_at=entry.created_at,
        activated_at=entry.activated_at,
        verifies_until=entry.verifies_until,
    )
