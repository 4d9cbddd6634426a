"""The use cases on a keyring in a file."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import FakeClock
from tests.support.signing_keys import key_for
from userctl.core.errors import (
    InvalidInput,
    KeyActive,
    KeyExists,
    KeyNotFound,
    KeyNotPublished,
    SecretKeyMissing,
    UserctlError,
)
from userctl.security.access_token import AccessTokenCodec
from userctl.security.key_members import Algorithm
from userctl.security.keyring_file import KeyringFile
from userctl.services.keys.manage import KeyService

HOUR = timedelta(hours=1)
NONE = timedelta()


@pytest.fixture
def file(tmp_path: Path) -> KeyringFile:
    return KeyringFile(tmp_path / "keyring")


@pytest.fixture
def keys(file: KeyringFile, clock: FakeClock) -> KeyService:
    return KeyService(file, clock=clock, audit_log=lambda *_: None)


def states(keys: KeyService) -> list[str]:
    return [key.state for key in keys.read()]


def codec(file: KeyringFile) -> AccessTokenCodec:
    return AccessTokenCodec(file.load, issuer="userctl", audience=None)


def claims(clock: FakeClock, *, minutes: int = 60) -> dict[str, Any]:
    now = int(clock().timestamp())
    return {
        "sub": "ada@example.com", "uid": 1, "role": "user", "iss": "userctl", "iat": now,
        "exp": now + 60 * minutes, "jti": "j", "sid": "s",
    }  # fmt: skip


def test_the_first_key_signs_and_the_second_waits(keys: KeyService) -> None:
    first, second = keys.generate(), keys.generate()
    assert (first.state, second.state) == ("active", "next")
    assert keys.read() == [second, first]
    with pytest.raises(KeyExists):
        keys.generate()


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "ES256"])
def test_a_new_key_has_the_algorithm_of_the_active_one_unless_another_is_asked_for(
    keys: KeyService, algorithm: Algorithm
) -> None:
    assert keys.generate(algorithm).algorithm == algorithm
    assert keys.generate().algorithm == algorithm
    keys.rotate(NONE)
    assert [key.algorithm for key in keys.read()] == [algorithm] * 3


def test_a_rotation_can_lead_to_another_algorithm(keys: KeyService) -> None:
    keys.generate()
    waiting = keys.generate("ES256")
    active = keys.rotate(NONE)
    assert (active.kid, active.state) == (waiting.kid, "active")
    assert [key.algorithm for key in keys.read()] == ["ES256", "ES256", "HS256"]


def test_a_key_is_published_for_as_long_as_asked_before_it_signs(
    keys: KeyService, clock: FakeClock
) -> None:
    keys.generate()
    waiting = keys.generate()
    clock.advance(minutes=59, seconds=59)
    with pytest.raises(KeyNotPublished):
        keys.rotate(HOUR)
    assert states(keys) == ["next", "active"]
    clock.advance(seconds=1)
    assert keys.rotate(HOUR).kid == waiting.kid
    assert states(keys) == ["next", "active", "passive"]
    # The key that was drawn by the rotation has to wait as well.
    with pytest.raises(KeyNotPublished):
        keys.rotate(HOUR)


def test_an_old_key_verifies_until_all_it_can_have_signed_has_expired(
    keys: KeyService, file: KeyringFile, clock: FakeClock
) -> None:
    keys.generate()
    keys.generate()
    stale = codec(file)
    old = keys.read()[1]
    keys.rotate(NONE)
    # Another process signs with the ring that it read before the rotation.
    clock.advance(minutes=59)
    last = stale.encode(claims(clock, minutes=24 * 60))
    clock.advance(hours=24, seconds=29)
    assert codec(file).decode(last, clock()).uid == 1
    clock.advance(minutes=1, seconds=1)
    retired = keys.read()[-1]
    assert (retired.kid, retired.state) == (old.kid, "retired")
    keys.rotate(NONE)
    material = json.loads(file.path.read_text())["keys"]
    assert old.kid not in {key["kid"] for key in material}


def test_a_retired_key_counts_for_nothing_at_once(
    keys: KeyService, file: KeyringFile, clock: FakeClock
) -> None:
    first = keys.generate()
    keys.generate()
    token = codec(file).encode(claims(clock))
    keys.rotate(NONE)
    assert codec(file).decode(token, clock()).uid == 1
    assert keys.retire(first.kid).state == "retired"
    assert keys.retire(first.kid).state == "retired"
    with pytest.raises(UserctlError):
        codec(file).decode(token, clock())


def test_a_next_key_that_is_retired_makes_room_for_another(keys: KeyService) -> None:
    keys.generate()
    keys.retire(keys.generate().kid)
    with pytest.raises(KeyNotPublished):
        keys.rotate(NONE)
    assert keys.generate().state == "next"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda keys: keys.retire("nonsense"), KeyNotFound),
        (lambda keys: keys.retire(keys.read()[0].kid), KeyActive),
        (lambda keys: keys.rotate(NONE), KeyNotPublished),
        (lambda keys: keys.import_("too short"), InvalidInput),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    keys: KeyService,
    file: KeyringFile,
    change: Callable[[KeyService], object],
    error: type[UserctlError],
) -> None:
    keys.generate()
    before = file.path.read_bytes()
    with pytest.raises(error):
        change(keys)
    assert file.path.read_bytes() == before


def test_a_configured_keyring_that_is_not_there_is_not_taken_for_an_empty_one(
    keys: KeyService,
) -> None:
    for look in (keys.read, keys.jwks):
        with pytest.raises(SecretKeyMissing):
            look()


def test_a_secret_that_a_service_knows_can_be_imported_and_rotated_away(
    keys: KeyService, file: KeyringFile, clock: FakeClock
) -> None:
    shared = keys.import_("a key for the tests of at least 32 bytes")
    assert (shared.kid, shared.state) == ("a4c3182176207b57", "active")
    token = codec(file).encode(claims(clock))
    with pytest.raises(KeyExists):
        keys.import_("a key for the tests of at least 32 bytes")
    keys.generate("EdDSA")
    keys.rotate(NONE)
    assert codec(file).decode(token, clock()).uid == 1


def test_only_public_halves_of_keys_that_verify_are_published(
    keys: KeyService, clock: FakeClock
) -> None:
    gone = keys.import_(json.dumps(dict(key_for("RS256").members)))
    keys.generate("ES256")
    keys.rotate(NONE)
    keys.retire(keys.read()[0].kid)
    keys.generate("EdDSA")
    clock.advance(seconds=1)
    keys.rotate(NONE)
    keys.retire(keys.read()[0].kid)
    keys.generate("HS256")
    published = keys.jwks()["keys"]
    assert [key["alg"] for key in published] == ["EdDSA", "ES256", "RS256"]
    assert not {"k", "d", "p", "q", "dp", "dq", "qi"} & {name for key in published for name in key}
    keys.retire(gone.kid)
    assert "RS256" not in {key["alg"] for key in keys.jwks()["keys"]}
    clock.advance(days=2)
    assert [key["alg"] for key in keys.jwks()["keys"]] == ["EdDSA"]


def test_symmetric_keys_are_never_published(keys: KeyService) -> None:
    keys.generate()
    keys.generate()
    assert keys.jwks() == {"keys": []}
